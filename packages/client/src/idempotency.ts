/** An Idempotency-Key as its draft standard has it: a string of structured fields. */
export function quotedKey(key: string): string {
  return `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
