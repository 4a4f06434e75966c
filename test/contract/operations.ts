import { send } from './running-intake.ts';

export type Operation = {
  readonly method: string;
  readonly path: string;
  /** The scope that the document names; null when the call is open. */
  readonly scope: string | null;
  readonly takesBody: boolean;
};

type Told = { readonly security: unknown[]; readonly description?: string; readonly requestBody?: unknown };

/** Every call, as the OpenAPI document tells it. */
export async function operationsOf(url: string): Promise<Operation[]> {
  const document = (await send(`${url}/openapi.json`)).body as { paths: Record<string, Record<string, Told>> };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => ({
      method: method.toUpperCase(),
      path,
      scope: told.security.length === 0 ? null : (/Scope: `([a-z:]+)`/.exec(told.description ?? '')?.[1] ?? 'unnamed'),
      takesBody: told.requestBody !== undefined,
    })),
  );
}
