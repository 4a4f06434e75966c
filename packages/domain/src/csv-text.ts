/** One cell as CSV has it: quoted where it has to be (RFC 4180). */
export function csvCell(text: string, separator = ','): string {
  const plain = !/["\r\n]/.test(text) && !text.includes(separator) && text.trim() === text;
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}

/** A row of cells, without its line end. */
export function csvRow(cells: readonly string[], separator = ','): string {
  return cells.map((cell) => csvCell(cell, separator)).join(separator);
}

/** A text that no spreadsheet takes for a formula: what begins like one gets an apostrophe before it. */
export function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** The first cells of a row as they were sent; all of it when it has no more. Quotes count at the beginning of a cell only. */
export function firstCells(raw: string, count: number, separator: string): string {
  let left = count;
  let begun = false;
  let quoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    const letter = raw[at];
    if (quoted) {
      if (letter === '"' && raw[at + 1] === '"') at += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === separator) {
      left -= 1;
      if (left === 0) return raw.slice(0, at);
      begun = false;
    } else if (letter === '"' && !begun) {
      quoted = true;
      begun = true;
    } else begun = true;
  }
  return raw;
}

const SEPARATORS = [',', ';', '\t'] as const;

/** What separates the cells of a header: whichever of comma, semicolon and tab it has most of outside of quotes. */
export function separatorOf(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => ({ separator, count: bare.split(separator).length }));
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).separator;
}
