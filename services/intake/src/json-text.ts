import { pointerOf } from '@qvara/contracts/problem-items';

const DEEPEST = 32;

/** What is wrong with a JSON text that can be parsed, and where (a JSON pointer). */
export type JsonFault = { readonly fault: 'too-deep' | 'duplicate-field'; readonly pointer: string };

type Frame = { readonly names: Set<string> | null; step: string | number; nameNext: boolean };

/**
 * Finds what JSON.parse lets pass without a word: a name twice in one object (the last would win), and nesting deeper
 * than 32. The text must be well-formed JSON.
 */
export function inspectJson(text: string): JsonFault | null {
  const frames: Frame[] = [];
  const pointer = () => pointerOf(frames.map((frame) => frame.step));
  for (let at = 0; at < text.length; at += 1) {
    const frame = frames.at(-1);
    const letter = text[at];
    if (letter === '{' || letter === '[') {
      if (frames.length === DEEPEST) return { fault: 'too-deep', pointer: pointer() };
      frames.push({ names: letter === '{' ? new Set() : null, step: 0, nameNext: letter === '{' });
    } else if (letter === '}' || letter === ']') {
      frames.pop();
    } else if (letter === ',' && frame !== undefined) {
      next(frame);
    } else if (letter === '"') {
      const end = endOfString(text, at);
      if (frame?.nameNext && frame.names !== null) {
        frame.step = JSON.parse(text.slice(at, end + 1)) as string;
        frame.nameNext = false;
        if (frame.names.has(frame.step)) return { fault: 'duplicate-field', pointer: pointer() };
        frame.names.add(frame.step);
      }
      at = end;
    }
  }
  return null;
}

function next(frame: Frame): void {
  if (frame.names !== null) frame.nameNext = true;
  else frame.step = Number(frame.step) + 1;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
