/** `peipkg install`. */
import { resolve } from 'node:path'
import { Option } from 'clipanion'
import { asPeiError, reasonOf } from '../../native/errors.ts'
import { checkName, matchesConstraint } from '../../native/identity.ts'
import type { ChangeOptions, ChangeReport } from '../../operations/change.ts'
import { install } from '../../operations/install.ts'
import type { Target } from '../../operations/make-plan.ts'
import type { Session } from '../../operations/session.ts'
import { UsageError } from '../usage-error.ts'
import { ChangeCommand } from './change-command.ts'

type InstallTarget = Extract<Target, { readonly kind: 'install' | 'install-file' }>

export class InstallCommand extends ChangeCommand {
  static override readonly synopsis = '[options] <name[=version] | file.peipkg>…'
  static override readonly details = [
    'A name takes what the strongest repository offers; name=version that version, from the archive index too; a file that package, which outranks every repository. An installed package is not upgraded by this, but recorded as asked for.',
  ]
  static override readonly completes = 'available'
  static override readonly examples = ['install nginx', 'install nginx=1.27.4-1 ./hello_0.1-1_noarch.peipkg']
  readonly overwriteUnowned = Option.Boolean('--overwrite-unowned', false, {
    description: 'displaces files that no package owns, keeping them',
  })
  readonly asDependency = Option.Boolean('--as-dependency', false, {
    description: 'records what is newly installed as there for others only',
  })
  readonly reinstall = Option.Boolean('--reinstall', false, {
    description: 'puts what is installed in place again, replacing what differs on disk',
  })
  readonly packages = Option.Rest({ required: 1 })

  protected override changeOptions(): ChangeOptions {
    return { ...super.changeOptions(), overwriteUnowned: this.overwriteUnowned }
  }

  protected override change(options: ChangeOptions, session: Session): Promise<ChangeReport> {
    const { asDependency, reinstall } = this
    const targets = [...new Set(this.packages)].map((argument) => ({
      ...parseTarget(argument),
      asDependency,
    }))
    return install(targets, { ...options, reinstall }, session)
  }
}

/** An argument that ends in `.peipkg` is a file, anything else a name, with or without a version. */
export function parseTarget(argument: string): InstallTarget {
  if (argument.endsWith('.peipkg')) return { kind: 'install-file', file: resolve(argument) }
  const [, name = argument, version = null] = /^([^=]*)=([\s\S]*)$/.exec(argument) ?? []
  checkArgument(argument, () => checkName(name))
  if (version !== null) checkVersion(argument, version)
  return { kind: 'install', name, version }
}

/** A version as `=` takes it, with or without revision. */
export function checkVersion(argument: string, version: string): void {
  if (version === '') throw new UsageError('malformed', `"${argument}": the version is missing`)
  checkArgument(argument, () => matchesConstraint('0-1', `= ${version}`))
}

/** Runs a check of the core; what it finds is told as a usage error that names the argument. */
export function checkArgument(argument: string, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (asPeiError(error) === undefined) throw error
    const reason = reasonOf(error).replace(/^constraint "= ([\s\S]*?)" is invalid/, 'version "$1" is invalid')
    const named = reason.includes(`"${argument}"`)
    throw new UsageError('malformed', named ? reason : `"${argument}": ${reason}`)
  }
}
