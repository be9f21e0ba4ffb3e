/** What a small repository offers, to be looked at. */
import type { PackageDraft } from '../cli/peipkg/packages.ts'

/** Name, version, description, dependencies. */
const lines = `
bash|5.2.37-1|The GNU Bourne-again shell|readline >= 8.2
bzip2|1.0.8-3|A block-sorting file compressor|
ca-certificates|20260301-1|Certificates of well-known authorities|
coreutils|9.6-2|The basic file, shell and text tools|libacl gmp
curl|8.13.0-1|Transfers data to and from servers|openssl >= 3.4 zlib nghttp2 ca-certificates
dash|0.5.12-1|A small and quick shell|
expat|2.7.1-1|A streaming XML parser|
file|5.46-1|Tells what kind of file something is|zlib bzip2 xz
git|2.49.0-1|A distributed version control system|curl expat openssl pcre2 zlib
gmp|6.3.0-2|Arithmetic without limits|
gzip|1.14-1|The compressor of .gz files|
htop|3.4.1-1|An interactive list of processes|ncurses
jq|1.7.1-2|Picks and shapes JSON on the command line|oniguruma
less|668-1|Shows text a screen at a time|ncurses
libacl|2.3.2-1|Access control lists|
ncurses|6.5-4|Text screens on any terminal|
nghttp2|1.65.0-1|HTTP/2, in C|
nginx|1.27.5-1|A web server, reverse proxy and mail proxy, small in memory and quick under load|openssl >= 3.4 pcre2 zlib >= 1.3
oniguruma|6.9.10-1|Regular expressions for many encodings|
openssh|10.0p1-1|Secure remote login|openssl zlib
openssl|3.5.0-1|Cryptography and TLS|zlib
pcre2|10.45-1|Regular expressions like those of Perl|
postgresql|17.4-1|An object-relational database|openssl readline zlib
python|3.13.3-1|An interpreted, interactive language|bzip2 expat openssl readline sqlite xz zlib
readline|8.2.13-1|Editing of command lines|ncurses
ripgrep|14.1.1-1|Searches directories for a pattern|pcre2
rsync|3.4.1-1|Copies files, near or far, quickly|openssl xz zlib
sqlite|3.49.1-1|A database in a file|readline zlib
tar|1.35-2|Packs and unpacks archives|libacl
tmux|3.5a-1|Several terminals in one|libevent ncurses
xz|5.8.1-1|A compressor with a high ratio|
zlib|1.3.1-1|The compression library that everything uses|
zstd|1.5.7-1|A quick compressor with a wide range|
`

export const catalogue: readonly PackageDraft[] = lines
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', version = '', description = '', needs = ''] = line.split('|')
    return draft(name, version, description, needs)
  })

/** Foreign text of the worst kind. */
export const hostile: PackageDraft = {
  name: 'hostile',
  version: '1-1',
  fields: {
    description: `</p><script>document.title = 'taken'</script> "onload='x' & <b>`,
    license: '<img src=x onerror=alert(1)>',
    homepage: "https://example.org/'onclick=alert(1)",
    build: {
      timestamp: '2026-05-01T12:00:00Z',
      farm_id: '<i>farm</i>',
      source_ref: '"><svg onload=alert(1)>',
    },
  },
  files: { 'usr/share/hostile/<script>alert(1)</script>': 'x' },
}

export function draft(name: string, version: string, description: string, needs = ''): PackageDraft {
  const dependencies = [...needs.matchAll(/(\w[\w+.-]*)(?: (>= [\d.]+))?/g)].map(
    ([, name = '', constraint]) => (constraint === undefined ? { name } : { name, constraint }),
  )
  dependencies.sort((left, right) => (left.name < right.name ? -1 : 1))
  return {
    name,
    version,
    files: {
      [`usr/bin/${name}`]: `${name}\n`.repeat(400),
      [`usr/share/doc/${name}/README`]: 'read me\n'.repeat(90),
      [`usr/share/man/man1/${name}.1`]: 'a page\n'.repeat(700),
    },
    fields: {
      description,
      license: 'MIT',
      homepage: `https://${name}.example.org/`,
      dependencies,
      build: {
        timestamp: '2026-05-01T12:00:00Z',
        farm_id: 'farm.example.org',
        source_ref: `git+https://example.org/${name}.git#v${version}`,
      },
    },
  }
}
