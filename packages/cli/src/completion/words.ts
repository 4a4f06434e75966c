import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** What may follow on a command line: behind which words, and what. */
export type Words = {
  /** The command so far, such as `jobs list`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Described[];
  readonly options: readonly DescribedOption[];
  /** Values of its arguments, as far as they are known. */
  readonly values: readonly string[];
};
export type Described = { readonly name: string; readonly about: string };
export type DescribedOption = Described & { readonly takesValue: boolean; readonly values: readonly string[] };

const HELP: DescribedOption = { name: '--help', about: 'show help', takesValue: false, values: [] };

/** Every command with what it takes, derived from the program itself. */
export function describeCommands(program: CommandUnknownOpts): Words[] {
  return wordsOf(program, [], optionsOf(program));
}

function wordsOf(
  command: CommandUnknownOpts,
  path: readonly string[],
  everywhere: readonly DescribedOption[],
): Words[] {
  const here: Words = {
    path: path.join(' '),
    commands: command.commands.map((child) => ({ name: child.name(), about: child.description() })),
    options: [...new Set([...optionsOf(command), ...everywhere, HELP])],
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  return [here, ...command.commands.flatMap((child) => wordsOf(child, [...path, child.name()], everywhere))];
}

function optionsOf({ options }: CommandUnknownOpts): DescribedOption[] {
  return options.map(({ long, description, required, argChoices }) => ({
    name: long ?? '',
    about: description,
    takesValue: required,
    values: argChoices ?? [],
  }));
}
