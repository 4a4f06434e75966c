import type { DescribedOption, Words } from './words.ts';

/** A text as a shell's single quotes hold it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** An option of a command whose value comes next. */
export type Awaiting = { readonly path: string; readonly option: DescribedOption };

/** Every option that takes a value, with the command it belongs to. */
export function awaiting(words: readonly Words[]): Awaiting[] {
  return words.flatMap(({ path, options }) =>
    options.filter(({ takesValue }) => takesValue).map((option) => ({ path, option })),
  );
}

/** The lines by which a bash or zsh function finds out, from the words before, which command it is in. */
export function descent(words: readonly Words[]): string {
  const known = words.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return [`    case "\${at:+$at }$word" in`, `      ${known.join('|')}) at="\${at:+$at }$word" ;;`, '    esac'].join(
    '\n',
  );
}
