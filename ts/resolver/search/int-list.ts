// A list of 32-bit integers that grows: clauses and proofs are too many for arrays of arrays.

export interface IntList {
  values: Int32Array
  size: number
}

export function intList(): IntList {
  return { values: new Int32Array(1024), size: 0 }
}

export function push(list: IntList, value: number): void {
  if (list.size === list.values.length) {
    const grown = new Int32Array(list.values.length * 2)
    grown.set(list.values)
    list.values = grown
  }
  list.values[list.size] = value
  list.size++
}
