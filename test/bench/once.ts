/** Measures what has the same outcome for all sections and backends of a run only once. */
export function once<Name extends string, T>(measure: (name: Name, quick: boolean) => Promise<T>) {
  const known = new Map<string, Promise<T>>();
  return (name: Name, quick: boolean): Promise<T> => {
    const id = `${name} ${quick}`;
    const measured = known.get(id) ?? measure(name, quick);
    known.set(id, measured);
    return measured;
  };
}
