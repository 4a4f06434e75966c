import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A function under the one that called it; `ms` is the time in itself, without those it called. */
export type Frame = {
  readonly name: string;
  /** The package or file it belongs to. */
  readonly home: string;
  ms: number;
  readonly calls: Map<string, Frame>;
};

type Node = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
};
type CpuProfile = {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** Where a process loads its modules, which it does once. */
const STARTING = /run_main|^node:internal\/modules\//;
const ASLEEP = new Set(['(idle)', '(program)']);

/** Reads what a process of this number wrote with `--cpu-prof` when it ended, as the tree of its calls. */
export async function readProfile(folder: string, pid: number): Promise<Frame> {
  const file = (await readdir(folder)).find((name) => name.includes(`.${pid}.`));
  if (file === undefined) throw new Error(`process ${pid} has left no profile`);
  return treeOf(JSON.parse(await readFile(join(folder, file), 'utf8')));
}

/** What a profile tells while a process works: without its start, and without the time in which it slept. */
export function treeOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const selfMs = new Map<number, number>();
  for (const [index, id] of samples.entries()) selfMs.set(id, (selfMs.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const root: Frame = { name: 'all', home: '', ms: 0, calls: new Map() };
  function add(id: number, into: Frame): void {
    const { callFrame, children = [] } = byId.get(id) as Node;
    const { functionName: name, url } = callFrame;
    const home = homeOf(url);
    if (ASLEEP.has(name) || STARTING.test(url)) return;
    const frame = into.calls.get(`${name} ${home}`) ?? { name: name || '(anonymous)', home, ms: 0, calls: new Map() };
    into.calls.set(`${name} ${home}`, frame);
    frame.ms += selfMs.get(id) ?? 0;
    for (const child of children) add(child, frame);
  }
  const [first] = nodes;
  for (const child of first?.children ?? []) add(child, root);
  return root;
}

function homeOf(url: string): string {
  if (url.startsWith('node:')) return 'node';
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return library ?? /\/((?:packages|services)\/.*)$/.exec(url)?.[1] ?? 'node';
}

/** Of a function and all that it called. */
export function totalMs({ ms, calls }: Frame): number {
  return [...calls.values()].reduce((sum, frame) => sum + totalMs(frame), ms);
}

/** The time within each home, the longest first; what V8 does for all is named by itself. */
export function msByHome(root: Frame): [string, number][] {
  const sums = new Map<string, number>();
  function add({ name, home, ms, calls }: Frame): void {
    const own = name.startsWith('(garbage') ? 'garbage collection' : home.split('/').slice(0, 2).join('/');
    sums.set(own, (sums.get(own) ?? 0) + ms);
    for (const frame of calls.values()) add(frame);
  }
  for (const frame of root.calls.values()) add(frame);
  return [...sums].sort(([, one], [, other]) => other - one);
}
