import { describe, expect, it } from 'vitest'
import { grantArguments } from '../../ts/manager/grants.ts'
import { packageVersion } from '../../ts/manager/judge.ts'
import { recipe } from './fake-farm.ts'

const signingKeys = [
  { name: 'tcb', privateKey: '/keys/tcb', pubkeyEnv: 'TCB' },
  { name: 'boot', privateKey: '/keys/boot', pubkeyEnv: '' },
]
const keys = new Map([['tcb', 'ab'.repeat(32)]])

function grant(injectPubkey: readonly string[], sign: readonly string[]): readonly string[] {
  const grants = [{ recipe: 'kernel', injectPubkey, sign }]
  return grantArguments({ grants, signingKeys }, keys, 'kernel')
}

describe('grants', () => {
  it('give a recipe without one nothing', () => {
    expect(grantArguments({ grants: [], signingKeys }, keys, 'kernel')).toEqual([])
    expect(grant([], [])).toEqual([])
  })

  it('come as injected keys, then signing keys, in order', () => {
    expect(grant(['tcb'], ['boot', 'tcb'])).toEqual([
      ...['--build-env', `TCB=${'ab'.repeat(32)}`],
      ...['--binary-sign-key', 'boot=/keys/boot', '--binary-sign-key', 'tcb=/keys/tcb'],
    ])
  })

  it('of unknown keys, or of keys without a variable, are refused', () => {
    expect(() => grant([], ['other'])).toThrow('unknown signing key other')
    expect(() => grant(['boot'], [])).toThrow('signing key boot has no pubkey_env')
  })
})

describe('the version of a package', () => {
  it.each([
    [0, '1.2-1'],
    [-3, '1.2-1'],
    [1, '1.2-1'],
    [4, '1.2-4'],
  ])('with revision %i is %s', (peiosRevision, version) => {
    expect(packageVersion(recipe('hello', { peiosRevision }), '1.2')).toBe(version)
  })
})
