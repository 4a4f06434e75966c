import type { DescribedOption, Words } from './words.ts';

/** The script for fish. */
export function fishScript(words: readonly Words[]): string {
  const paths = words.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# fish completion of qvara, made by "qvara completion fish"
set -g __qvara_paths ${paths.join(' ')}
function __qvara_at
    set -l at
    for word in (commandline -opc)[2..-1]
        set -l next (string join -- ' ' $at $word)
        contains -- $next $__qvara_paths; and set at $next
    end
    test "$at" = "$argv[1]"
end
${words.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, values, options }: Words): string[] {
  const here = `complete -c qvara -n ${quoted(`__qvara_at ${JSON.stringify(path)}`)}`;
  return [
    ...commands.map(({ name, about }) => `${here} -f -a ${quoted(name)} -d ${quoted(about)}`),
    ...(values.length > 0 ? [`${here} -f -a ${quoted(values.join(' '))}`] : []),
    ...options.map((option) => `${here} ${optionOf(option)}`),
  ];
}

function optionOf({ name, about, takesValue, values }: DescribedOption): string {
  const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : ' -r';
  return `-l ${name.replace(/^--/, '')} -d ${quoted(about)}${takesValue ? value : ''}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
