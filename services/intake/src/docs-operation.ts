import { type Schema, schemaList } from './docs-schema.ts';
import { exampleFold } from './docs-shell.ts';
import { escapeHtml, inline, prose } from './html.ts';

export type Schemas = Record<string, Schema>;
type Content = Record<string, { readonly schema?: Schema; readonly examples?: Record<string, { value: unknown }> }>;
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
};
type Response = {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Record<string, { description?: string }>;
};

/** A call as the page shows it. */
export type Operation = {
  readonly path: string;
  readonly method: string;
  readonly tag: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Record<string, Response>;
};

/** One call as a card. */
export function operationCard(operation: Operation): string {
  const { method, path, operationId, summary, description = '', parameters = [], requestBody, responses } = operation;
  const head = `<h3><span class="method ${method}">${method.toUpperCase()}</span><code>${escapeHtml(path)}</code></h3>`;
  const parts = [
    `<p><strong>${escapeHtml(summary)}</strong></p>`,
    prose(description),
    parameters.length === 0 ? '' : `<h4>Parameters</h4><dl>${parameters.map(parameterEntry).join('')}</dl>`,
    requestBody === undefined ? '' : bodyPart(requestBody.content),
    `<h4>Answers</h4>${Object.entries(responses).map(answerPart).join('')}`,
  ];
  return `<article id="${operationId}">${head}${parts.join('')}</article>`;
}

function parameterEntry({ name, in: place, required, description, schema }: Parameter): string {
  const about = description ?? schema?.description ?? '';
  return `<dt><code>${escapeHtml(name)}</code> <span class="soft">${place}${required ? ', required' : ''}</span></dt><dd>${inline(about)}${schemaList(schema)}</dd>`;
}

function bodyPart(content: Content): string {
  const [media] = Object.values(content);
  const examples = Object.values(content)
    .flatMap((one) => Object.entries(one.examples ?? {}))
    .map(([name, { value }]) => exampleFold(name, value));
  return `<h4>Body</h4>${schemaList(media?.schema)}${examples.length === 0 ? '' : `<h4>Examples</h4>${examples.join('')}`}`;
}

function answerPart([status, response]: [string, Response]): string {
  const headers = Object.entries(response.headers ?? {}).map(
    ([name, { description = '' }]) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${inline(description)}</dd>`,
  );
  const [media] = Object.values(response.content ?? {});
  const problem = response.content?.['application/problem+json'] !== undefined;
  const body = problem ? `<p>${inline(response.description)}</p>` : schemaList(media?.schema);
  const title = problem ? 'a problem' : inline(response.description);
  return `<details><summary><code>${status}</code> ${title}</summary>${body}${headers.length === 0 ? '' : `<h4>Headers</h4><dl>${headers.join('')}</dl>`}</details>`;
}
