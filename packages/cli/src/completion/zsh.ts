import { awaiting, descent, quoted } from './quote.ts';
import type { Described, Words } from './words.ts';

/** The script for zsh: to be put on the fpath as _qvara, or sourced. */
export function zshScript(words: readonly Words[]): string {
  const values = awaiting(words).map(({ path, option }) => {
    const known = option.values.map(quoted).join(' ');
    return `    ${quoted(`${path} ${option.name}`)}) ${known === '' ? '_files' : `compadd -- ${known}`}; return ;;`;
  });
  const names = words.map(({ path, commands, values, options }) => {
    const plain = values.map((name): Described => ({ name, about: '' }));
    const all = [...commands, ...plain, ...options].map((one) => quoted(entryOf(one)));
    return `    ${quoted(path)}) candidates=(${all.join(' ')}) ;;`;
  });
  return `#compdef qvara
# zsh completion of qvara, made by "qvara completion zsh"
_qvara() {
  local at= word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
${descent(words)}
  done
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "$at" in
${names.join('\n')}
  esac
  _describe qvara candidates || _files
}
if [[ $funcstack[1] == _qvara ]]; then _qvara "$@"; else compdef _qvara qvara; fi
`;
}

function entryOf({ name, about }: Described): string {
  const escaped = name.replaceAll(':', String.raw`\:`);
  return about === '' ? escaped : `${escaped}:${about}`;
}
