import { describe, expect, test } from 'vitest'
import {
  formatRepositoryFile,
  parseRepositoryFile,
  repositoryDefaults,
} from '../../ts/config/repository-file.ts'

const anchor = 'ab'.repeat(32)
const read = (text: string) => parseRepositoryFile('scratch', 'conf/peipkg/scratch.repo', text)
const failure = (text: string) => read(text).then(String, (error) => `${error.code} ${error.message}`)

test('defaults, and everything set', async () => {
  expect(await read(`base_url = "https://pkg.example/"\ntrust_anchors = ["${anchor}"]`)).toEqual({
    name: 'scratch',
    baseUrl: 'https://pkg.example',
    signaturePolicy: 'required',
    trustAnchors: [anchor],
    allowInsecureTransport: false,
    minIndexVersion: 0,
    official: false,
    ...repositoryDefaults,
  })
  const all = {
    name: 'scratch',
    baseUrl: 'http://pkg.example/a',
    priority: 10,
    signaturePolicy: 'optional' as const,
    trustAnchors: [anchor],
    allowInsecureTransport: true,
    minIndexVersion: 7,
    official: true,
    mirrors: ['https://mirror.example/a', 'http://other.example'],
    credentialsFile: 'scratch.netrc',
    maxTrustedAge: 14 * 86_400,
    maxIndexAge: 3600,
    farmIds: ['farm-1'],
    sdAllowSids: ['S-1-5-21-1-2-3-1001'],
  }
  expect(await read(formatRepositoryFile(all))).toEqual(all)
})

describe('what is refused, by key and line', () => {
  test.each([
    ['priority = 5', ':1: "base_url" is missing'],
    [
      '\n\nbase_ulr = "https://x"\nsignature_policy = "optional"\nbase_url = "https://x"',
      ':3: unknown key "base_ulr" (the nearest known key is "base_url")',
    ],
    ['base_url = "https://x"\n[other]\na = 1\n', ':2: unknown key "other"'],
    ['base_url = 7', ':1: "base_url" must be a string'],
    ['base_url = "https://x"\npriority = 0', ':2: "priority" must be between 1 and 2147483647, not 0'],
    ['base_url = "https://x"\npriority = 1.5', ':2: "priority" must be an integer'],
    [
      'base_url = "https://x"\nsignature_policy = "none"',
      ':2: "signature_policy" must be "required" or "optional"',
    ],
    ['base_url = "https://x"', '"trust_anchors" needs at least one fingerprint'],
    ['base_url = "https://x"\ntrust_anchors = ["AB"]', ':2: "trust_anchors" holds "AB"'],
    ['base_url = "https://x"\nsd_allow_sids = ["BA"]', ':2: "sd_allow_sids" holds "BA"'],
    ['base_url = "http://x"\nsignature_policy = "optional"', ':1: "base_url" is not usable: '],
    ['base_url = "file://host/x"\nsignature_policy = "optional"', 'must be file:///absolute/path'],
    ['base_url = "https://u:p@x"\nsignature_policy = "optional"', 'https://…@x" carries credentials'],
    ['base_url = "https://x?y"\nsignature_policy = "optional"', 'has a query or a fragment'],
    [
      'base_url = "https://x"\nmirrors = ["http://y"]\nsignature_policy = "optional"',
      ':2: "mirrors" is not usable: ',
    ],
    ['base_url = "https://x"\nmax_trusted_age = "soon"', ':2: "max_trusted_age" must be a duration such as'],
    ['base_url = "https://x"\nmax_index_age = "0d"', ':2: "max_index_age" must be a duration such as'],
    [
      'base_url = "https://x"\ncredentials_file = "../x"',
      ':2: "credentials_file" must be the path of a file',
    ],
    ['base_url = "https://x"\nsd_allow_sids = ["BA"]', ':2: "sd_allow_sids" holds "BA"'],
    ['base_url = "https://x\n', ':1: '],
    ['base_url = "https://x"\nbase_url = "https://y"', ':2: '],
    ['"__proto__" = 1\nbase_url = "https://x"\nsignature_policy = "optional"', ':1: unknown key "__proto__"'],
  ])('%j', async (text, message) => {
    expect(await failure(text)).toContain('PEI_CONFIG_INVALID conf/peipkg/scratch.repo')
    expect(await failure(text)).toContain(message)
  })
})
