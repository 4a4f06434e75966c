import { type CommandUnknownOpts, createArgument } from '@commander-js/extra-typings';
import { SHELLS } from '../completion/shells.ts';
import { describeCommands } from '../completion/words.ts';
import { examples } from './examples.ts';

const NAMES = ['bash', 'zsh', 'fish'] as const satisfies readonly (keyof typeof SHELLS)[];

/** `qvara completion`: completes commands, options and their values in a shell. */
export function addCompletion(program: CommandUnknownOpts, stdout: NodeJS.WritableStream): void {
  program
    .command('completion')
    .description('Print a script that completes this command line in a shell')
    .addArgument(createArgument('<shell>', 'which').choices(NAMES))
    .addHelpText(
      'after',
      examples(
        ['completion bash > ~/.local/share/bash-completion/completions/qvara', 'for bash'],
        ['completion zsh > ~/.zfunc/_qvara', 'for zsh, with ~/.zfunc on the fpath'],
        ['completion fish > ~/.config/fish/completions/qvara.fish', 'for fish'],
      ),
    )
    .action((shell) => void stdout.write(SHELLS[shell](describeCommands(program))));
}
