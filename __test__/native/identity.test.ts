import { describe, expect, it } from 'vitest'
import { PeiError } from '../../ts/native/errors.ts'
import {
  checkName,
  compareVersions,
  machineArchitecture,
  matchesConstraint,
} from '../../ts/native/identity.ts'

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call()
  } catch (error) {
    return error instanceof PeiError ? error.code : String(error)
  }
  return undefined
}

describe('identity', () => {
  it('compares versions', () => {
    expect(compareVersions('1.9-1', '1.10-1')).toBe(-1)
    expect(compareVersions('1.0~a-1', '1.0~alpha-1')).toBe(0)
    expect(compareVersions('1:0.1-1', '9-9')).toBe(1)
    expect(codeOf(() => compareVersions('1.0', '1.0-1'))).toBe('PEI_VERSION_INVALID')
  })

  it('matches constraints', () => {
    expect(matchesConstraint('3.0-7', '= 3.0')).toBe(true)
    expect(matchesConstraint('3.0-7', '> 3.0')).toBe(false)
    expect(codeOf(() => matchesConstraint('3.0-7', '=> 3'))).toBe('PEI_CONSTRAINT_INVALID')
    expect(codeOf(() => matchesConstraint('3.0', '3'))).toBe('PEI_VERSION_INVALID')
  })

  it('checks names', () => {
    expect(codeOf(() => checkName('libstdc++'))).toBeUndefined()
    expect(codeOf(() => checkName('Bad'))).toBe('PEI_NAME_INVALID')
  })

  it('knows the machine', () => {
    expect(machineArchitecture()).toMatch(/^[a-z][a-z0-9_]{0,15}$/)
  })
})
