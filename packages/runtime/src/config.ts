import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not fit. The message lists every problem and holds no value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the variables that the schema names; an empty one counts as absent. The result is frozen all the way down.
 * Throws ConfigError with all problems at once: variable, rule, and what is expected (the field's description).
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Environment): Readonly<z.output<S>> {
  const given = Object.fromEntries(Object.keys(schema.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, schema, given)));
  return deepFreeze(parsed.data) as Readonly<z.output<S>>;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodObject, given: Environment): string {
  const name = issue.path[0];
  if (typeof name !== 'string') return issue.message;
  const rule = given[name] === undefined ? 'is required' : issue.message;
  const expected = description(schema.shape[name] as z.ZodType | undefined);
  return `${name} ${rule}${expected === undefined ? '' : `. Set it to ${expected}`}`;
}

/** The description of a field, also of one that is wrapped as optional or has a default. */
function description(field: z.ZodType | undefined): string | undefined {
  if (field === undefined) return undefined;
  const inner = (field.def as { innerType?: z.ZodType }).innerType;
  return field.description ?? description(inner);
}

function deepFreeze(value: unknown): unknown {
  // A view of bytes cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
