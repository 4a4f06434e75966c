type Attention = {
  readonly find: () => Promise<readonly string[]>;
  readonly move: (importId: string) => Promise<unknown>;
  readonly ring: () => Promise<unknown>;
  /** Hears of an import that could not be moved: the others are all the same. */
  readonly onError: (error: unknown) => void;
};

/** Moves every open import on, and rings those whose hands are missing. */
export async function attendImports({ find, move, ring, onError }: Attention): Promise<void> {
  try {
    for (const id of await find()) await move(id).catch(onError);
  } finally {
    await ring();
  }
}
