import { Option } from 'clipanion'
import { expect, test } from 'vitest'
import type { Program } from '../../ts/cli/command.ts'
import { ProgramCommand } from '../../ts/cli/command.ts'
import type { Io } from '../../ts/cli/io.ts'
import { runProgram } from '../../ts/cli/program.ts'
import { PeiError } from '../../ts/native/errors.ts'

class Paint extends ProgramCommand {
  static override readonly synopsis = '[options] <wall> [more]…'
  readonly colour = Option.String('--colour', 'white', { description: '<name> the colour of the wall' })
  readonly wait = Option.String('--wait', { tolerateBoolean: true, description: '[=<seconds>] lets it dry' })
  readonly yes = Option.Boolean('--yes', false, { description: 'asks nothing' })
  readonly wall = Option.String()
  readonly more = Option.Rest()

  override async run(): Promise<number> {
    if (this.wall === 'lost') throw new PeiError('PEI_NOT_FOUND', '"lost" is not a wall')
    if (this.wall === 'bug') throw new TypeError('oops\u001b[31m')
    this.print(JSON.stringify([this.wall, this.more, this.colour, this.wait, this.yes]))
    return 0
  }
}

/** Takes no argument but one option. */
class Mix extends ProgramCommand {
  static override readonly synopsis = '[options]'
  readonly colour = Option.String('--colour', { description: '<name> the colour' })

  override async run(): Promise<number> {
    return 0
  }
}

const program: Program = {
  name: 'painter',
  summary: 'paints.',
  grammar: {
    flags: ['yes', 'help', 'json', 'version'],
    values: ['colour', 'limit'],
    paths: ['root'],
    optionalValues: ['wait'],
    short: { y: 'yes', h: 'help', n: 'limit' },
  },
  commands: {
    paint: { summary: 'paints a wall', load: async () => Paint },
    mix: { summary: 'mixes paint', load: async () => Mix },
    'wall add': { summary: 'adds a wall', load: async () => Paint },
    'wall remove': { summary: 'removes a wall', load: async () => Paint },
  },
  exitWhenMissing: 2,
}

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr') => ({
    write: (written: string) => {
      text[name] += written
    },
    isTerminal: false,
    width: 80,
    height: 24,
  })
  const io: Io = {
    stdin: process.stdin,
    stdout: output('stdout'),
    stderr: output('stderr'),
    environment: {},
  }
  return { code: await runProgram(program, argv, io), ...text }
}

test('options and arguments reach the command in any order', async () => {
  expect(await run('--colour', '-x', 'paint', 'a', '-y', '--wait', 'b', '--', '--yes')).toEqual({
    code: 0,
    stdout: '["a",["b","--yes"],"-x",true,true]\n',
    stderr: '',
  })
  expect((await run('paint', '--yes', '--yes=false', '--wait=3', 'a')).stdout).toBe(
    '["a",[],"white","3",false]\n',
  )
  expect((await run('wall', 'add', 'a')).stdout).toBe('["a",[],"white",null,false]\n')
})

test.each([
  [['paint'], 'painter: an argument is missing: <wall> [more]…\npainter: see "painter help paint"\n'],
  [['mix', '--colour=x', 'a'], 'painter: unexpected argument "a"\npainter: see "painter help mix"\n'],
  [[], 'painter: no command was given\npainter: see "painter help"\n'],
  [['wall'], 'painter: "wall" needs one of: add, remove\npainter: see "painter help"\n'],
  [['pain'], 'painter: unknown command "pain" (did you mean "paint"?)\npainter: see "painter help"\n'],
  [
    ['wall', 'ad'],
    'painter: unknown command "wall ad" (did you mean "wall add"?)\npainter: see "painter help"\n',
  ],
  [['paint', 'a', '--limit=3'], 'painter: unknown option "--limit"\npainter: see "painter help paint"\n'],
  [['paint', 'a', '-n', '3'], 'painter: unknown option "-n"\npainter: see "painter help paint"\n'],
  [
    ['mix', '--root', ''],
    'painter: option "--root" needs a path, not an empty one\npainter: see "painter help"\n',
  ],
  [['paint', '--json', 'a'], 'painter: unknown option "--json"\npainter: see "painter help paint"\n'],
])('usage errors go to stderr and end with 2: %j', async (argv, stderr) => {
  const result = await run(...argv)
  expect(result).toMatchObject({ code: 2, stderr })
})

test('an error that names its command, a bug, and both as JSON', async () => {
  expect(await run('paint', 'lost')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'painter: paint: "lost" is not a wall\n',
  })
  expect(await run('paint', 'bug')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'painter: internal error: oops\\u{1b}[31m\n',
  })
  const { stdout } = await run('pain', '--json')
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'PEI_USAGE', message: 'unknown command "pain" (did you mean "paint"?)' },
  })
})

test('the version, whatever stands before it', async () => {
  const { code, stdout } = await run('--root', '/x', '--version')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^painter \d+\.\d+\.\d+\n$/) })
  expect((await run('--version', 'mix')).code).toBe(2)
})

test('help, in all its forms', async () => {
  const { stdout, code } = await run('help', 'paint')
  expect(code).toBe(0)
  expect(stdout).toMatchInlineSnapshot(`
    "usage: painter paint [options] <wall> [more]…

    paints a wall

    options:
          --colour <name>     the colour of the wall
          --wait[=<seconds>]  lets it dry
      -y, --yes               asks nothing
    "
  `)
  expect((await run('paint', '-h')).stdout).toBe(stdout)
  const all = await run('--help')
  expect(all.stdout).toMatchInlineSnapshot(`
    "painter: paints.

    usage: painter [--root <dir>] <command> [options] [arguments]
           painter help [command]
           painter --version

      paint        paints a wall
      mix          mixes paint
      wall add     adds a wall
      wall remove  removes a wall
    "
  `)
  expect((await run('help')).stdout).toBe(all.stdout)
  expect((await run('help', 'wall')).stdout).not.toContain('paint  ')
  expect((await run('wall', '--help')).stdout).toBe((await run('help', 'wall')).stdout)
  expect((await run('help', 'nothing')).code).toBe(2)
  expect(await run('help', 'paint', 'more')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: 'painter: unexpected argument "more"\npainter: see "painter help"\n',
  })
})
