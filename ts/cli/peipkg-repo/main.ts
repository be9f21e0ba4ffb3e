/** The entry of `peipkg-repo`. */
import { main } from '../main.ts'

void main('peipkg-repo', async () => (await import('./program.ts')).peipkgRepo)
