/** Reads a file of alerts: the part of YAML that such a file needs, strictly. */

export interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string | undefined
  readonly severity: string
  readonly summary: string
  readonly description: string
}

/** The form of a file of rules: how deep which keys stand. */
const frame = /^groups:\n {2}- name: [\w-]+\n {4}rules:\n/

export function readRules(text: string): readonly Rule[] {
  const body = text.replaceAll(/^#.*\n/gm, '')
  const [head] = frame.exec(body) ?? []
  if (head === undefined) throw new Error('not a file of rules')
  const parts = body.slice(head.length).split(/^ {6}- (?=alert: )/m)
  if (parts[0] !== '') throw new Error(`unexpected: ${parts[0]}`)
  return parts.slice(1).map(readRule)
}

function readRule(text: string): Rule {
  const values = new Map<string, string>()
  let section = ''
  for (const [at, line] of text.trimEnd().split('\n').entries()) {
    const [, indent = '', key = '', value = ''] = /^( *)(\w+):(?: (.+))?$/.exec(line) ?? []
    const depth = at === 0 ? 8 : indent.length
    if (key === '' || (depth !== 8 && depth !== 10) || (depth === 10 && section === '')) {
      throw new Error(`not understood: ${line}`)
    }
    if (depth === 8) section = value === '' ? `${key}.` : ''
    if (value !== '') values.set(depth === 8 ? key : section + key, scalar(value))
  }
  const get = (key: string): string => {
    const value = values.get(key)
    if (value === undefined) throw new Error(`"${key}" is missing: ${text}`)
    return value
  }
  return {
    alert: get('alert'),
    expr: get('expr'),
    for: values.get('for'),
    severity: get('labels.severity'),
    summary: get('annotations.summary'),
    description: get('annotations.description'),
  }
}

/** Double-quoted, or plain without what YAML would take for something else. */
function scalar(text: string): string {
  if (text.startsWith('"')) return JSON.parse(text) as string
  if (/^[\s&*!|>'%@`[{#-]|: | #/.test(text)) throw new Error(`needs quotes: ${text}`)
  return text
}
