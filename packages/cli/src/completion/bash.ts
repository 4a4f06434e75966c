import { awaiting, descent, quoted } from './quote.ts';
import type { Words } from './words.ts';

/** The script for bash: a function of what may follow each command. */
export function bashScript(words: readonly Words[]): string {
  const values = awaiting(words).map(
    ({ path, option }) => `    ${quoted(`${path} ${option.name}`)}) candidates=${quoted(option.values.join(' '))} ;;`,
  );
  const names = words.map(({ path, commands, options, values }) => {
    const all = [...commands.map(({ name }) => name), ...values, ...options.map(({ name }) => name)];
    return `      ${quoted(path)}) candidates=${quoted(all.join(' '))} ;;`;
  });
  return `# bash completion of qvara, made by "qvara completion bash"
_qvara() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at= word candidates=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${descent(words)}
  done
  case "$at $before" in
${values.join('\n')}
    *) case "$at" in
${names.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o bashdefault -o default -F _qvara qvara
`;
}
