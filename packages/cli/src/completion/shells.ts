import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import type { Words } from './words.ts';
import { zshScript } from './zsh.ts';

/** The script of each shell that completes a command line of these words. */
export const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  string,
  (words: readonly Words[]) => string
>;
