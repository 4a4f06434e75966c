import type { ProblemItem } from '@qvara/contracts/api';
import { ITEMS_AT_MOST, type Place, pointerOf } from '@qvara/contracts/problem-items';

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

/** The texts of a JSON value, names included, that hold what none may: the first of them, as many as are told. */
export function characterItems(value: unknown): ProblemItem[] {
  const items: ProblemItem[] = [];
  for (const item of unspeakable(value, [])) {
    if (items.push(item) === ITEMS_AT_MOST) break;
  }
  return items;
}

/** `path` is lent: it leads to where the walk stands, and is read only where something is found. */
function* unspeakable(value: unknown, path: PropertyKey[]): Generator<ProblemItem> {
  if (typeof value === 'string') {
    const item = isSpeakable(value) ? null : characterItem(value, { pointer: pointerOf(path) });
    if (item !== null) yield item;
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      path.push(name);
      const item = isSpeakable(name) ? null : characterItem(name, { pointer: pointerOf(path) }, 'the name of a field');
      if (item === null) yield* unspeakable(part, path);
      else yield item;
      path.pop();
    }
  }
}

function isSpeakable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
