/** The entry of `peipkg`. */
import { main } from '../main.ts'

void main('peipkg', async () => (await import('./program.ts')).peipkg)
