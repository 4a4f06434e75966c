import { FAILURE_CODES } from '@qvara/contracts/failure';
import { type Operation, operationCard, type Schemas } from './docs-operation.ts';
import { schemaCard } from './docs-schema.ts';
import { type Page, pageText } from './docs-shell.ts';
import { escapeHtml, prose } from './html.ts';
import type { openApiDocument } from './openapi.ts';

type Document = ReturnType<typeof openApiDocument>;

/** The document as one page. */
export function docsPage(document: Document): string {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  const sections = tags.map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag);
    return `<h2 id="${slug(tag)}">${escapeHtml(tag)}</h2>${own.map(operationCard).join('')}`;
  });
  const { title, description = '' } = document.info;
  return pageText({
    title: `${title}: the interface`,
    lists: 'Calls',
    groups: [...groupsOf(tags, operations), ['More', MORE]],
    main: `<h1>${escapeHtml(title)}</h1>${prose(description)}<p>The same as <a href="/openapi.json">an OpenAPI document</a>. What is told meanwhile stands under <a href="/docs/events">events</a>. Each call but the operational ones needs <code>Authorization: Bearer qk_...</code>.</p>${sections.join('')}<h2 id="schemas">Schemas</h2>${Object.entries(schemas).map(schemaCard).join('')}${problemTable()}`,
  });
}

function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Omit<Operation, 'path' | 'method' | 'tag'> & { tags: string[] }>).map(
      ([method, operation]) => ({
        ...operation,
        path,
        method,
        tag: operation.tags[0] ?? '',
      }),
    ),
  );
}

const MORE = [
  { href: '/docs/events', text: 'Events' },
  { href: '#schemas', text: 'Schemas' },
  { href: '#problems', text: 'Problems' },
];

function groupsOf(tags: readonly string[], operations: readonly Operation[]): Page['groups'] {
  return tags.map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag);
    return [tag, own.map(({ operationId, summary }) => ({ href: `#${operationId}`, text: summary }))];
  });
}

function problemTable(): string {
  const rows = Object.entries(FAILURE_CODES).map(
    ([code, { status, title, remedy }]) =>
      `<tr id="problem-${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}. <span class="soft">${escapeHtml(remedy)}</span></td></tr>`,
  );
  return `<h2 id="problems">Problems</h2><div class="table" tabindex="0" role="region" aria-label="Problem codes"><table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">What it means, and what to do</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
