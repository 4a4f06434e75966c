/** A value of a query; a list stands there once for each value, what is absent is left out. */
export type QueryValue = string | number | boolean | readonly string[] | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

/** The address that paths are put behind. Throws when it is no http address, or holds what does not belong there. */
export function readAddress(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError('The URL of the service must begin with http:// or https://.');
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new TypeError('The URL of the service must have no user info, query or fragment.');
  }
  return parsed.href.replace(/\/+$/, '');
}

/** A path of the interface, each name in it encoded. */
export function pathOf(pieces: TemplateStringsArray, ...names: readonly string[]): string {
  return String.raw({ raw: pieces }, ...names.map(encodeURIComponent));
}

/** A query as it is sent, with its question mark; nothing when nothing is asked. */
export function queryText(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return values
      .filter((one) => one !== undefined)
      .map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
