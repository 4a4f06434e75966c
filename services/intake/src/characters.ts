import type { ProblemItem } from '@qvara/contracts/api';
import { type Place, pointerOf } from './problem-items.ts';

/** What no text of a request may hold, and where it was found; null when it holds nothing of the kind. */
export function characterItem(text: string, place: Place, noun = 'the text'): ProblemItem | null {
  if (text.includes('\0')) {
    const remedy = 'Remove the character U+0000.';
    return { ...place, code: 'nul-character', message: `${noun} must not hold the character U+0000`, remedy };
  }
  if (text.isWellFormed()) return null;
  const message = `${noun} must be well-formed Unicode: it holds half of a surrogate pair`;
  return { ...place, code: 'lone-surrogate', message, remedy: 'Send the whole character, or remove the half.' };
}

/** The texts of a JSON value, names included, that hold what none may. */
export function characterItems(value: unknown, path: readonly PropertyKey[] = []): ProblemItem[] {
  if (typeof value === 'string') {
    const item = characterItem(value, { pointer: pointerOf(path) });
    return item === null ? [] : [item];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    const at = [...path, Array.isArray(value) ? Number(name) : name];
    const item = characterItem(name, { pointer: pointerOf(at) }, 'the name of a field');
    return item === null ? characterItems(part, at) : [item];
  });
}
