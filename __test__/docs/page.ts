/**
 * A page of the guide, taken apart and put together again. In a page:
 *
 * - a `console` block is a piece of a terminal session: commands after `$ `, each followed by what it printed, with the
 *   answers a person typed after the questions that end in `[y/N] ` or the like;
 * - an `sh` block is a script that has to succeed; its output is not shown;
 * - a block whose first line is `# /path` is a file that is written below the root, `# ~/path` one in the home directory;
 * - a comment `<!-- word … -->` on its own line before a block is for the test alone (session.ts knows the words).
 */

export type Part =
  | { readonly kind: 'text'; readonly lines: readonly string[] }
  | { readonly kind: 'comment'; readonly line: string; readonly words: readonly string[] }
  | { readonly kind: 'block'; readonly language: string; readonly lines: readonly string[] }

export function readPage(text: string): readonly Part[] {
  const parts: Part[] = []
  let plain: string[] = []
  const flush = () => {
    if (plain.length > 0) parts.push({ kind: 'text', lines: plain })
    plain = []
  }
  const lines = text.replace(/\n$/, '').split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    const [, words] = /^<!-- (.*) -->$/.exec(line) ?? []
    const [, language] = /^```(.*)$/.exec(line) ?? []
    if (words === undefined && language === undefined) {
      plain.push(line)
      continue
    }
    flush()
    if (words !== undefined) parts.push({ kind: 'comment', line, words: words.split(' ') })
    if (language === undefined) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`the block in line ${at + 1} has no end`)
    parts.push({ kind: 'block', language, lines: lines.slice(at + 1, end) })
    at = end
  }
  flush()
  return parts
}

export function writePage(parts: readonly Part[]): string {
  const lines = parts.flatMap((part) => {
    if (part.kind === 'text') return part.lines
    if (part.kind === 'comment') return [part.line]
    return [`\`\`\`${part.language}`, ...part.lines, '```']
  })
  return `${lines.join('\n')}\n`
}

export interface Example {
  /** One line, or several where the page shows `> ` before the further ones. */
  readonly command: string
  /** What was typed after each question. */
  readonly answers: readonly string[]
}

/** The commands of a `console` block. */
export function readExamples(lines: readonly string[]): readonly Example[] {
  const examples: { command: string; answers: string[] }[] = []
  let open = false
  for (const line of lines) {
    const [, answer] = /\[(?:y\/N|r\/k\/A)\] (.+)$/.exec(line) ?? []
    const last = examples.at(-1)
    if (line.startsWith('$ ')) examples.push({ command: line.slice(2), answers: [] })
    else if (last === undefined) throw new Error(`output without a command: ${line}`)
    else if (open && line.startsWith('> ')) last.command += `\n${line.slice(2)}`
    else if (answer !== undefined) last.answers.push(answer)
    open = line.startsWith('$ ') || (open && line.startsWith('> '))
  }
  return examples
}

export function writeExample({ command }: Example, output: string): readonly string[] {
  const [first, ...more] = command.split('\n')
  const printed = output === '' ? [] : output.replace(/\n$/, '').split('\n')
  return [`$ ${first}`, ...more.map((line) => `> ${line}`), ...printed]
}
