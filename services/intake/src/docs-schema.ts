import { escapeHtml, inline } from './html.ts';

/** A JSON schema, as far as the page shows it. */
export type Schema = {
  readonly $schema?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

/** A schema of the document, folded. */
export function schemaCard([name, schema]: [string, Schema]): string {
  return `<article id="schema-${escapeHtml(name)}"><details><summary><code>${escapeHtml(name)}</code> <span class="soft">${inline(schema.description ?? '')}</span></summary>${schemaList(schema)}</details></article>`;
}

/** What a value must look like, as a list of its parts. */
export function schemaList(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  const { properties } = schema;
  if (properties === undefined) return `<p class="soft">${kindOf(schema)}</p>`;
  const required = new Set(schema.required ?? []);
  const entries = Object.entries(properties).map(([name, part]) => {
    const shape = [part, ...(part.anyOf ?? []), part.items].find((one) => one?.properties !== undefined);
    const nested = shape === undefined ? '' : schemaList(shape);
    const about = [part.title, part.description]
      .filter((text) => text !== undefined)
      .map((text) => inline(text))
      .join(': ');
    const must = required.has(name) ? ', required' : '';
    return `<dt><code>${escapeHtml(name)}</code> <span class="soft">${kindOf(part)}${must}</span></dt><dd>${about}${nested}</dd>`;
  });
  return `<dl>${entries.join('')}</dl>`;
}

function kindOf(schema: Schema): string {
  if (schema.$ref !== undefined) return link(schema.$ref);
  if (schema.const !== undefined) return `<code>${escapeHtml(String(schema.const))}</code>`;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' | ');
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) return several.map(kindOf).join(' | ');
  if (schema.items !== undefined) return `list of ${kindOf(schema.items)}`;
  const type = schema.format ?? [schema.type ?? []].flat().join(' | ');
  // Of an object the parts are shown, each with its own example.
  const example = schema.properties === undefined ? (schema.example ?? schema.examples?.[0]) : undefined;
  const shown = example === undefined ? '' : ` such as <code>${escapeHtml(JSON.stringify(example))}</code>`;
  const fallback =
    schema.default === undefined ? '' : `, <code>${escapeHtml(JSON.stringify(schema.default))}</code> by default`;
  return `${escapeHtml(type || 'any')}${shown}${fallback}`;
}

function link(ref: string): string {
  const name = escapeHtml(ref.split('/').at(-1) ?? ref);
  return `<a href="#schema-${name}">${name}</a>`;
}
