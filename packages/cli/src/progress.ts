import { Presets, SingleBar } from 'cli-progress';

/** How far something has come. */
export type Standing = {
  readonly done: number;
  readonly total: number;
  /** What is going on, in a few words. */
  readonly words: string;
};

export type Progress = {
  show(standing: Standing): void;
  /** Takes the bar away. */
  stop(): void;
};

const FORMAT = '{bar} {value}/{total}  {words}';
const BAR_SIZE = 24;

/** On a terminal a single line that is drawn again; elsewhere a line whenever the words have changed. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? barOn(stream) : linesOn(stream);
}

function barOn(stream: NodeJS.WriteStream): Progress {
  const options = { stream, format: FORMAT, barsize: BAR_SIZE, clearOnComplete: true, hideCursor: true };
  const bar = new SingleBar({ ...options, gracefulExit: false, emptyOnZero: true }, Presets.shades_classic);
  let started = false;
  return {
    show({ done, total, words }) {
      if (!started) bar.start(total, done, { words });
      started = true;
      bar.setTotal(total);
      bar.update(done, { words });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  let last = '';
  return {
    show({ done, total, words }) {
      if (words !== last) stream.write(`${done}/${total}  ${words}\n`);
      last = words;
    },
    stop() {},
  };
}

/** For who wants to see results only. */
export const NO_PROGRESS: Progress = { show() {}, stop() {} };
