/** What the global set-up hands to every test file. */
declare module 'vitest' {
  interface ProvidedContext {
    /** The test server's address, database "postgres". */
    postgresUrl: string;
    redisUrl: string;
  }
}

/** Databases migrated once; test files get copies. */
export const templates = { ledger: 'template_ledger', sandbox: 'template_sandbox' } as const;

/** The same server, another database. */
export function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}
