/** A relation as people read it. */

/** `libssl >= 4.0`, `docs (optional)`. */
export function relationText(relation: {
  readonly name: string
  readonly constraint: string | null
  readonly optional: boolean
}): string {
  const { name, constraint, optional } = relation
  const wanted = constraint === null ? name : `${name} ${constraint}`
  return optional ? `${wanted} (optional)` : wanted
}
