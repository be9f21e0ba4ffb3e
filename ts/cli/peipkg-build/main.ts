/** The entry of `peipkg-build`. */
import { main } from '../main.ts'

void main('peipkg-build', async () => (await import('./program.ts')).peipkgBuild)
