import Table from 'cli-table3';

const EDGES = ['top', 'bottom', 'mid', 'left', 'right'] as const;
const CHARS = {
  ...Object.fromEntries(EDGES.flatMap((edge) => [edge, `${edge}-mid`].map((name) => [name, '']))),
  ...{ 'top-left': '', 'top-right': '', 'bottom-left': '', 'bottom-right': '', 'mid-mid': '', middle: '  ' },
};

/** Rows of cells below each other, without lines around them. */
export function columns(rows: readonly (readonly string[])[]): string {
  const table = new Table({ chars: CHARS, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replaceAll(/ +$/gm, '');
}
