import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function stream(isTTY: boolean) {
  const pieces: string[] = [];
  const output = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 24, cursorTo() {}, clearLine() {} });
  output.on('data', (piece) => pieces.push(String(piece)));
  return { pieces, output: output as unknown as NodeJS.WriteStream };
}

it('elsewhere than on a terminal it is plain lines, one whenever the words change', () => {
  const { pieces, output } = stream(false);
  const progress = createProgress(output);
  for (const [done, words] of [
    [0, 'job_1 accepted'],
    [1, 'job_1 running'],
    [2, 'job_1 running'],
    [2, 'job_1 held'],
  ] as const)
    progress.show({ done, total: 6, words });
  progress.stop();
  expect(pieces.join('')).toBe('0/6  job_1 accepted\n1/6  job_1 running\n2/6  job_1 held\n');
});

it('on a terminal it is one line, drawn again and taken away', () => {
  const { pieces, output } = stream(true);
  const progress = createProgress(output);
  progress.show({ done: 2, total: 6, words: 'job_1 running' });
  progress.stop();
  const text = pieces.join('');
  expect(text).toMatch(/2\/6 {2}job_1 running/);
  expect(text).not.toContain('\n');
});

it('it can be stopped before it has begun, and twice', () => {
  const progress = createProgress(stream(true).output);
  progress.stop();
  progress.show({ done: 0, total: 0, words: 'empty' });
  progress.stop();
  progress.stop();
});
