// Whether a program is on this machine.
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

export function hasCommand(name) {
  return (process.env.PATH ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
