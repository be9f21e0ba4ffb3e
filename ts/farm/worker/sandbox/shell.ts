/**
 * The shell's part of a sandbox: constant scripts, whose arguments are never read as code. The outer one sets the limits that the
 * kernel enforces for each process by itself; a worker needs nothing but Node and a shell for it.
 */
import type { JobLimits } from './request.ts'

const setLimits = `
ulimit -c 0
[ "$1" = 0 ] || ulimit -t "$1"
[ "$2" = 0 ] || ulimit -d "$2"
[ "$3" = 0 ] || ulimit -f "$3"
[ "$4" = 0 ] || ulimit -u "$4" 2>/dev/null || ulimit -p "$4" 2>/dev/null || :
shift 4
`

/** Becomes the job's process itself: how it ended is seen by its parent. */
const directly = `${setLimits}exec "$@"`

/**
 * Stays above the job and says on descriptor 3 how it ended: bubblewrap and unshare tell an exit with 137 from a kill as little as
 * a shell does, but a shell names the signal in words first. A trapped TERM is no death: what runs below has its time.
 */
const reporting = `${setLimits}trap : TERM INT HUP
exec 4>&2 2>&3
( exec 2>&4 3>&- 4>&-; exec "$@" )
echo "exit $?" >&3`

/** The words of a command that runs `command` under the limits. */
export function limited(command: readonly string[], limits: JobLimits, reports: boolean): readonly string[] {
  return ['/bin/sh', '-c', reports ? reporting : directly, 'sh', ...limitWords(limits), ...command]
}

function limitWords({ cpuMs, memoryBytes, fileBytes, processes }: JobLimits): readonly string[] {
  // Seconds, KiB, blocks of 512 bytes; a rounded limit is never none at all.
  const words = [cpuMs / 1000, memoryBytes / 1024, fileBytes / 512, processes]
  return words.map((value) => String(Math.ceil(value)))
}

export interface Status {
  readonly result:
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'signalled'; readonly signal: number }
  /** The shell's own, as `not found`. */
  readonly words: string
}

/** What the reporting shell said; undefined when it never came to that. */
export function readStatus(text: string): Status | undefined {
  const [, words = '', digits] = /^([\s\S]*)exit (\d+)\n$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const code = Number(digits)
  // A shell that cannot find or run the command says so there too, with 126 or 127.
  if (words.trim() === '' || code <= 128) return { result: { kind: 'exited', code }, words: words.trim() }
  return { result: { kind: 'signalled', signal: code - 128 }, words: '' }
}

/**
 * Makes the root of mode \`unshare\` in namespaces of its own: a tmpfs, binds, a pivot. A bind cannot be made read-only and keep
 * what the mount below it is locked to unless those words are given again, so they are read first. Its own tmpfs become read-only
 * as binds too: a remount of the file system would repeat its \`uid=\`, which is none of the namespace when the worker is not root.
 */
export const makeRoot = `set -eu
root=$1 job_path=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin
shift
mount -t tmpfs -o mode=755,nosuid,nodev farm "$root"
read_only() {
  mounts=$(cat /proc/self/mountinfo)
  while read -r _ _ _ _ point options _; do
    point=$(printf '%b' "$point")
    case $point in "$1" | "$1"/*) ;; *) continue ;; esac
    keep=
    for word in nosuid nodev noexec noatime nodiratime relatime; do
      case ",$options," in *",$word,"*) keep=$keep,$word ;; esac
    done
    mount -o "remount,bind,ro$keep" "$point"
  done <<END
$mounts
END
}
place() {
  mkdir -p "\${2%/*}"
  if [ -d "$1" ]; then mkdir -p "$2"; elif [ ! -e "$2" ]; then : >"$2"; fi
}
while [ "$1" != -- ]; do
  kind=$1 from=$2 to=$root$3
  shift 3
  case $kind in
  link)
    mkdir -p "\${to%/*}"
    ln -s "$from" "$to"
    ;;
  hide)
    if [ -d "$to" ]; then mount -t tmpfs -o ro,mode=555 farm "$to"; else mount --bind /dev/null "$to"; fi
    ;;
  *)
    place "$from" "$to"
    mount --rbind "$from" "$to"
    [ "$kind" = write ] || read_only "$to"
    ;;
  esac
done
shift
mkdir -p "$root/proc" "$root/dev" "$root/.old"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o mode=755,nosuid farm "$root/dev"
for name in null zero full random urandom tty; do
  : >"$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mkdir -m 1777 "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=1g farm "$root/dev/shm"
mount -o remount,bind,ro,nosuid "$root/dev"
hostname peipkg-farm 2>/dev/null || :
ip link set lo up 2>/dev/null || :
cd "$root"
pivot_root . .old
umount -l /.old
rmdir /.old
mount -o remount,bind,ro,nosuid,nodev /
cd "$1"
shift
unset OLDPWD
exec unshare --user --map-user=1000 --map-group=1000 -- setpriv --no-new-privs -- env "PATH=$job_path" "$@"`
