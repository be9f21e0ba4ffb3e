/** The entry of `peipkg-manager`. */
import { main } from '../main.ts'

void main('peipkg-manager', () => import('./program.ts'))
