import type { FeeLine } from '@qvara/contracts/job-answer';

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const NOT_IN_JSON = /[\u007f-\u009f\u2028\u2029]/g;

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text of a stranger as it may be written to a terminal: what would command it is made visible. */
export function visible(text: string): string {
  return text.replaceAll(CONTROL, escaped);
}

/** One line of JSON, without a character that commands a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(NOT_IN_JSON, escaped);
}

/** A value of an answer as a cell or field shows it; nothing for what is absent. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(shown).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return visible(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** What a fee line costs, in its currency's own digits. */
export function money({ amountMinor, currency, per }: FeeLine): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return `${(amountMinor / 10 ** digits).toFixed(digits)} ${currency} per ${per}`;
}

/** A time to wait for, to its two greatest units. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
