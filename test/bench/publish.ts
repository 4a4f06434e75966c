import { readFile, writeFile } from 'node:fs/promises';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Figure } from './figure.ts';
import type { Measured, Results } from './results.ts';
import { SECTIONS } from './sections/list.ts';

const PAGE = new URL('../../docs/performance.md', import.meta.url);
const CHART = new URL('../../docs/performance.svg', import.meta.url);
const [BEGIN, END] = ['<!-- figures -->', '<!-- end of figures -->'];

/** Puts the figures of a run into docs/performance.md, and the rates of provisioning beside it as a chart. */
export async function publish(results: Results): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error('docs/performance.md has no place for figures');
  const text = `${page.slice(0, before + BEGIN.length)}\n\n${describe(results)}\n${page.slice(after)}`;
  await writeFile(PAGE, text);
  await writeFile(CHART, `${await drawRates(results)}\n`);
}

const SHORT = '\n\nMeasured with `--quick`: smaller loads, once.';

function describe({ at, machine, results }: Results): string {
  const how = `Measured on ${at.slice(0, 10)}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}.`;
  const sections = Object.entries(SECTIONS).flatMap(([name, { about }]) => {
    const own = results.filter(({ section }) => section === name);
    return own.length === 0
      ? []
      : [`### ${name}: ${about}\n\n${tableOf(own)}${own.some(({ quick }) => quick) ? SHORT : ''}`];
  });
  return [how, ...sections].join('\n\n').concat('\n');
}

function tableOf(measured: readonly Measured[]): string {
  const names = new Set(measured.flatMap(({ figures }) => figures.map(({ name }) => name)));
  const head = [
    '',
    ...measured.map(({ backend }) => (backend === 'redis' ? 'queues in Redis' : 'in PostgreSQL')),
    'goal',
  ];
  const rows = [...names].map((name) => {
    const found = measured.map(({ figures }) => figures.find((figure) => figure.name === name));
    return [name, ...found.map((figure) => (figure === undefined ? '' : told(figure))), goalOf(found)];
  });
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const told = ({ value, unit }: Figure) => `${value.toLocaleString('en')} ${unit}`.trim();

function goalOf(figures: readonly (Figure | undefined)[]): string {
  const goal = figures.find((figure) => figure?.goal !== undefined)?.goal;
  if (goal === undefined) return '';
  return 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
}

async function drawRates({ results }: Results): Promise<string> {
  const bars = results
    .filter(({ section }) => section === 'provisioning')
    .flatMap(({ backend, figures }, index) =>
      figures
        .filter(({ name, unit }) => unit === 'jobs/s' && (name === 'provisioned' || index === 0))
        .map(({ name, value }) => ({ name: name === 'provisioned' ? `this, on ${backend}` : name, value })),
    );
  const ours = "indexof(datum.name, 'this') === 0";
  const chart: TopLevelSpec = {
    width: 480,
    height: { step: 26 },
    background: 'white',
    data: { values: bars },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: '-x', title: null },
      x: { field: 'value', type: 'quantitative', title: 'customers provisioned a second' },
    },
    layer: [
      {
        mark: 'bar',
        encoding: { color: { condition: { test: ours, value: '#1f6feb' }, value: '#9aa5b1' } },
      },
      { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { text: { field: 'value', type: 'quantitative' } } },
    ],
  };
  return await new View(parse(compile(chart).spec), { renderer: 'none' }).toSVG();
}
