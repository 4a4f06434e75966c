import { parse, type Spec, View } from 'vega';
import { type Frame, totalMs } from './cpu-profile.ts';

const [WIDTH, ROW] = [1_200, 17];
/** What would be narrower than this is left out. */
const NARROWEST = 4;

type Bar = { readonly id: number; readonly parent: number | null; readonly label: string; readonly ms: number };

/** Draws who called whom as an SVG: the callers above, each as wide as the time in it and in those it called. */
export async function drawFlameGraph(root: Frame, title: string): Promise<string> {
  const bars: Bar[] = [];
  const narrowestMs = (totalMs(root) * NARROWEST) / WIDTH;
  let deepest = 0;
  function add(frame: Frame, parent: number | null, depth: number): void {
    const id = bars.length;
    const wide = [...frame.calls.values()].filter((call) => totalMs(call) >= narrowestMs);
    const shownMs = wide.reduce((sum, call) => sum + totalMs(call), 0);
    const label = frame.home === '' ? frame.name : `${frame.name} ${frame.home}`;
    bars.push({ id, parent, label, ms: totalMs(frame) - shownMs });
    deepest = Math.max(deepest, depth);
    for (const call of wide) add(call, id, depth + 1);
  }
  add(root, null, 0);
  const view = new View(parse(specOf(bars, { title, height: (deepest + 1) * ROW })), { renderer: 'none' });
  return await view.toSVG();
}

function specOf(bars: readonly Bar[], { title, height }: { title: string; height: number }): Spec {
  const kind = "indexof(datum.label, ' packages/') >= 0 || indexof(datum.label, ' services/') >= 0";
  return {
    width: WIDTH,
    height,
    padding: 5,
    background: 'white',
    title: { text: title, anchor: 'start' },
    data: [
      {
        name: 'bars',
        values: [...bars],
        transform: [
          { type: 'stratify', key: 'id', parentKey: 'parent' },
          { type: 'partition', field: 'ms', size: [WIDTH, height] },
        ],
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { field: 'x0' },
            x2: { field: 'x1' },
            y: { field: 'y0' },
            y2: { field: 'y1' },
            stroke: { value: 'white' },
            fill: [
              { test: kind, value: '#9cc4f5' },
              { test: "indexof(datum.label, ' node') > 0", value: '#e4e4de' },
              { value: '#f5cf9c' },
            ],
          },
        },
      },
      {
        type: 'text',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { field: 'x0', offset: 2 },
            y: { field: 'y0', offset: 12 },
            fontSize: { value: 10 },
            text: { field: 'label' },
            limit: { signal: 'max(1, datum.x1 - datum.x0 - 4)' },
            opacity: { signal: 'datum.x1 - datum.x0 < 18 ? 0 : 1' },
          },
        },
      },
    ],
  };
}
