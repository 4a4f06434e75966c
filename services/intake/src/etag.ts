import { sha256 } from '@qvara/runtime/crypto';

/** The entity tag of an answer: the same text, the same tag. */
export function entityTag(text: string): string {
  return `"${sha256(text).slice(0, 32)}"`;
}

/** Whether an If-None-Match names this tag (RFC 9110: weakly compared). */
export function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}
