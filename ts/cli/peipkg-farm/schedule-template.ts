/** `peipkg-farm schedule-template`: one script for every platform that has the template. */
import { Option } from 'clipanion'
import { ScheduleJobCommand } from './job-command.ts'
import { parsePairs } from './pairs.ts'

export class ScheduleTemplateCommand extends ScheduleJobCommand {
  static override readonly synopsis = '<name> <template> [options]'
  static override readonly details = [
    'A template is a file <template>.template.<platform> in the configuration directory of the server. %%NAME%% in it is replaced by the parameter of that name, quoted for the shell, %%raw:NAME%% as it is, %%PLATFORM%% by the platform. It is read again at each execution.',
  ]
  static override readonly examples = [
    'schedule-template conf-gmp opam-build --param OPAM_PACKAGE=conf-gmp',
    'schedule-template image image --param SIZE=2G --period weekly',
  ]
  readonly param = Option.Array('--param', [], {
    description: '<name=value> of a placeholder; may be repeated',
  })
  readonly platform = Option.String('--platform', { description: '<platform> only for this one' })
  readonly job = Option.String({ name: 'name' })
  readonly template = Option.String()

  override run(): Promise<number> {
    return this.submit({
      name: this.job,
      kind: 'template',
      template: this.template,
      parameters: parsePairs('--param', this.param),
      ...(this.platform === undefined ? {} : { platform: this.platform }),
    })
  }
}
