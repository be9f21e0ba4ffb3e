/** Man page and reference of peipkg-manager, which has flags and no commands. */
import { flagTexts } from '../peipkg-manager/flags.ts'
import { item, page, roff, section } from './man.ts'

const summary = 'polls upstreams, builds what is new and publishes it'

const details = [
  'It runs in the foreground until SIGTERM or SIGINT, finishes the build at hand through its publication, and ends with 0; a second signal kills that build. SIGHUP reads the recipes again.',
  'One or two leading dashes are equal, and so are -flag value and -flag=value. It runs peipkg-build, peipkg-repo, git and rclone from PATH.',
]

const exits =
  '0: told to stop, or -once came to its end, whatever failed to build. 1: something cannot be read, found or locked. 2: the command line or the configuration breaks a rule.'

const files = '/etc/peipkg-manager/config.toml'

export function managerPage(): string {
  const name = 'peipkg-manager'
  const flags = flagTexts.flatMap((flag) => item(named(flag), flag.text))
  return page(name, name, summary, [
    ...section('SYNOPSIS', [`.B ${roff(name)}`, roff('[flags]')]),
    ...section(
      'DESCRIPTION',
      details.flatMap((text) => ['.PP', roff(text)]),
    ),
    ...section('OPTIONS', flags),
    ...section('FILES', [roff(files)]),
    ...section('EXIT STATUS', [roff(exits)]),
    ...section('SEE ALSO', ['.BR peipkg\\-build (1)', '.BR peipkg\\-repo (1)']),
  ])
}

export function managerReference(): string {
  const rows = flagTexts.map((flag) => `| \`${named(flag)}\` | ${flag.text.replaceAll('|', '\\|')} |`)
  return `${[
    '## peipkg-manager',
    '',
    '```',
    'peipkg-manager [flags]',
    '```',
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    '',
    ...details.flatMap((text) => [text, '']),
    '| flag | |',
    '|---|---|',
    ...rows,
    '',
    exits,
    '',
    'Its configuration: [configuration of the farm](farm/configuration.md).',
  ].join('\n')}\n`
}

const named = ({ name, value }: (typeof flagTexts)[number]): string =>
  value === undefined ? `-${name}` : `-${name} ${value}`
