/** A JSON schema, as far as the document of the interface uses the language. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
};

type Definitions = Readonly<Record<string, Schema>>;
type Parameter = { readonly in: string; readonly name: string; readonly schema: Schema };
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

/** One call as the document tells it. */
export type ToldCall = {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

/** The served OpenAPI document. */
export type InterfaceDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ToldCall>>>>;
  readonly components: { readonly schemas: Definitions };
};

/** The schema that a reference stands for. */
export function resolve(schema: Schema, definitions: Definitions): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : resolve(definitions[name] as Schema, definitions);
}

/** Whether a value fits a schema: a second opinion, made from the document alone. */
export function accepts(schema: Schema, value: unknown, definitions: Definitions): boolean {
  const own = resolve(schema, definitions);
  const fits = (inner: Schema, part: unknown) => accepts(inner, part, definitions);
  const options = own.oneOf ?? own.anyOf;
  if (options !== undefined && !options.some((option) => fits(option, value))) return false;
  if (own.const !== undefined && value !== own.const) return false;
  if (own.enum !== undefined && !own.enum.includes(value)) return false;
  if (own.type !== undefined && ![own.type].flat().some((type) => isOfType(value, type))) return false;
  if (typeof value === 'string') return fitsText(own, value);
  if (typeof value === 'number') return value >= (own.minimum ?? -Infinity) && value <= (own.maximum ?? Infinity);
  if (Array.isArray(value)) return fitsList(own, value) && value.every((part) => fits(own.items ?? {}, part));
  return !isObject(value) || fitsObject(own, value, fits);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return typeof value === type;
  }
}

function fitsText({ minLength = 0, maxLength = Infinity, pattern = '' }: Schema, text: string): boolean {
  // Of a text within the bound in UTF-16 units, its characters are too; spreading a megabyte takes long.
  if (text.length > 2 * maxLength) return false;
  const { length } = [...text];
  return length >= minLength && length <= maxLength && new RegExp(pattern, 'u').test(text);
}

function fitsList({ minItems = 0, maxItems = Infinity }: Schema, { length }: readonly unknown[]): boolean {
  return length >= minItems && length <= maxItems;
}

function fitsObject(
  { properties = {}, required = [], additionalProperties = true }: Schema,
  value: Record<string, unknown>,
  fits: (inner: Schema, part: unknown) => boolean,
): boolean {
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, part]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (schema !== undefined) return fits(schema, part);
    return typeof additionalProperties === 'boolean' ? additionalProperties : fits(additionalProperties, part);
  });
}

const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;

/** Every bound that schemas within a value name: the numbers at which something changes. */
export function boundsOf(value: unknown, found = new Set<number>()): Set<number> {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of BOUNDS) {
    const bound = (value as Record<string, unknown>)[name];
    if (typeof bound === 'number') found.add(bound);
  }
  for (const part of Object.values(value)) boundsOf(part, found);
  return found;
}

/** A call as the document tells it, with its place. */
export type Call = ToldCall & { readonly method: string; readonly path: string; readonly scope: string | null };

/** Every call of the document. */
export function callsOf({ paths }: InterfaceDocument): Call[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => ({
      ...told,
      method: method.toUpperCase(),
      path,
      scope: told.security.length === 0 ? null : (/Scope: `([a-z:]+)`/.exec(told.description ?? '')?.[1] ?? 'unnamed'),
    })),
  );
}
