/** The entry of `peipkg-repo`. */
import { main } from '../main.ts'

void main('peipkg-repo', () => import('./program.ts'))
