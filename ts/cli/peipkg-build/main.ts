/** The entry of `peipkg-build`. */
import { main } from '../main.ts'

void main('peipkg-build', () => import('./program.ts'))
