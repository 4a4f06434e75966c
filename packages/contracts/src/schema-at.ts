import type { z } from 'zod';

/** What a schema is made of, as far as it matters for telling what is wrong with a value. */
type Made = {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
};

function made(schema: z.ZodType): Made {
  return schema.def as unknown as Made;
}

/** The schema within wrappers such as optional, nullable and default. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const inner = made(schema).innerType ?? (made(schema).type === 'pipe' ? made(schema).in : undefined);
  return inner === undefined ? schema : unwrap(inner);
}

/** The schema that judges the value at a path; undefined where there is none. */
export function schemaAt(root: z.ZodType, value: unknown, path: readonly PropertyKey[]): z.ZodType | undefined {
  const schema = chosen(unwrap(root), value);
  const [step, ...rest] = path;
  if (schema === undefined || step === undefined) return schema;
  const { shape, element } = made(schema);
  const next = shape !== undefined && Object.hasOwn(shape, step) ? shape[String(step)] : element;
  return next === undefined ? undefined : schemaAt(next, valueAt(value, [step]), rest);
}

/** The names that an object may have; undefined when the schema is not of an object. */
export function knownNames(schema: z.ZodType | undefined): string[] | undefined {
  const shape = schema && made(unwrap(schema)).shape;
  return shape && Object.keys(shape);
}

/** The value at a path. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

function chosen(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  const { options, discriminator } = made(schema);
  if (options === undefined || discriminator === undefined) return schema;
  const given = valueAt(value, [discriminator]);
  return options.find((option) => {
    const literal = made(option).shape?.[discriminator];
    return literal?.safeParse(given).success === true;
  });
}
