/** The entry of `peipkg-farm`. */
import { main } from '../main.ts'

void main('peipkg-farm', () => import('./program.ts'))
