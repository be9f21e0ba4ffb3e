/** `peipkg completion`: the script that makes a shell complete peipkg's command lines. */
import { Option } from 'clipanion'
import { ProgramCommand } from '../command.ts'
import { jsonText } from '../render/json.ts'
import { parseWord } from '../values.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Each asks `peipkg complete`, which knows commands, options and packages; where it knows nothing, files are completed. */
const scripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `# peipkg completion for bash: source it, or put it into /usr/share/bash-completion/completions/peipkg
_peipkg() {
  local -a words=()
  local word glued=''
  # bash takes --root=/x for three words.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == '=' || -n $glued ]] && ((\${#words[@]})); then words[-1]+=$word; else words+=("$word"); fi
    if [[ $word == '=' ]]; then glued=1; else glued=''; fi
  done
  mapfile -t COMPREPLY < <(peipkg complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _peipkg peipkg
`,
  zsh: `#compdef peipkg
# peipkg completion for zsh: put it into a directory of $fpath, as _peipkg
_peipkg() {
  local -a candidates
  candidates=("\${(@f)$(peipkg complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)candidates:#}")
  if (( \${#candidates} )); then compadd -- "\${(@)candidates}"; else _files; fi
}
if [[ "\${funcstack[1]}" = _peipkg ]]; then _peipkg "$@"; else compdef _peipkg peipkg; fi
`,
  fish: `# peipkg completion for fish: put it into ~/.config/fish/completions/peipkg.fish
function __peipkg_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l typed (commandline --cut-at-cursor --current-token)
    set -l found (peipkg complete -- $words[2..] "$typed" 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$typed"
    end
end
complete --command peipkg --no-files --arguments '(__peipkg_complete)'
`,
}

export class CompletionCommand extends ProgramCommand {
  static override readonly document = 'completion'
  static override readonly synopsis = 'bash | zsh | fish'
  static override readonly firstArguments = shells
  static override readonly examples = ['completion bash', 'completion fish']
  static override readonly details = [
    'The script asks peipkg itself for commands, options and package names: installed ones for remove, offered ones for install.',
  ]
  readonly root = Option.String('--root', {
    description: '<dir> of no effect: the script reads the one on the command line that it completes',
  })
  readonly json = Option.Boolean('--json', false, { description: 'prints one JSON document' })
  readonly shell = Option.String()

  override async run(): Promise<number> {
    const shell = parseWord('the shell', this.shell, shells)
    if (this.json) this.print(jsonText({ shell, script: scripts[shell] }))
    else this.printText(scripts[shell])
    return 0
  }
}
