// Literals as integers: variable `v` true is `2v`, false is `2v + 1`.

export function positive(variable: number): number {
  return variable << 1
}

export function negative(variable: number): number {
  return (variable << 1) | 1
}

export function variableOf(literal: number): number {
  return literal >> 1
}

export function negate(literal: number): number {
  return literal ^ 1
}

export function isNegative(literal: number): boolean {
  return (literal & 1) === 1
}
