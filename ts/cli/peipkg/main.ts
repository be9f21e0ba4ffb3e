/** The entry of `peipkg`. */
import { main } from '../main.ts'

void main('peipkg', () => import('./program.ts'))
