import { type Paint, paintFor } from './paint.ts';
import { columns } from './table.ts';
import { jsonLine, shown, visible } from './text.ts';

/** A column of a table: its title, and what it shows of a row. */
export type Column<Row> = readonly [title: string, cell: (row: Row, paint: Paint) => unknown];
/** A field of what is shown alone; without a value it is left out. */
export type Field = readonly [title: string, value: unknown];

/** Results go to stdout, all else to stderr. With `--json` stdout is one JSON value a line, and stderr errors only. */
export type Output = {
  readonly json: boolean;
  readonly paint: Paint;
  readonly stderr: NodeJS.WriteStream;
  /** A result: as JSON, or as its text. */
  result(value: unknown, text: () => string): void;
  /** Rows as they come: as JSON line by line, else as a table. Answers how many there were. */
  rows<Row>(rows: AsyncIterable<Row>, shape: readonly Column<Row>[]): Promise<number>;
  /** Said to a person; not with `--json`. */
  note(text: string): void;
};

/** So many rows are laid out together: a list of any length is shown in flat memory. */
const TOGETHER = 500;

/** Where a command writes. */
export function createOutput(
  json: boolean,
  streams: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream },
): Output {
  const { stdout, stderr } = streams;
  const paint = paintFor(stdout);
  const print = (text: string) => void stdout.write(`${text}\n`);

  async function rows<Row>(source: AsyncIterable<Row>, shape: readonly Column<Row>[]): Promise<number> {
    let [count, titled]: [number, boolean] = [0, false];
    let waiting: string[][] = [];
    const flush = () => {
      if (waiting.length > 0)
        print(columns(titled ? waiting : [shape.map(([title]) => paint('bold', title)), ...waiting]));
      [titled, waiting] = [titled || waiting.length > 0, []];
    };
    for await (const row of source) {
      count += 1;
      if (json) print(jsonLine(row));
      else waiting.push(shape.map(([, cell]) => cellText(cell(row, paint))));
      if (waiting.length >= TOGETHER) flush();
    }
    flush();
    return count;
  }

  return {
    json,
    paint,
    stderr,
    result: (value, text) => print(json ? jsonLine(value) : text()),
    rows,
    note(text) {
      if (!json) stderr.write(`${visible(text)}\n`);
    },
  };
}

/** Painted texts are left as they are. */
function cellText(value: unknown): string {
  return value instanceof Painted ? value.text : shown(value);
}

/** A text that holds colours on purpose. */
export class Painted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Fields below each other, titles to the left. */
export function fieldsText(fields: readonly Field[], paint: Paint): string {
  const rows = fields.map(([title, value]) => [paint('bold', title), cellText(value)]);
  return columns(rows.filter(([, text]) => text !== ''));
}
