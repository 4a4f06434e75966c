/** Items that are at hand, as they come from a list. */
export async function* each<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}
