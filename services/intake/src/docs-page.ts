import { FAILURE_CODES } from '@qvara/contracts/failure';
import { type Operation, operationCard, type Schemas } from './docs-operation.ts';
import { schemaCard } from './docs-schema.ts';
import { STYLE } from './docs-style.ts';
import { escapeHtml, prose } from './html.ts';
import type { openApiDocument } from './openapi.ts';

type Document = ReturnType<typeof openApiDocument>;

/** The document as one page: no script, nothing from elsewhere. */
export function docsPage(document: Document): string {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map((operation) => operation.tag))];
  const sections = tags.map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag);
    return `<h2 id="${slug(tag)}">${escapeHtml(tag)}</h2>${own.map(operationCard).join('')}`;
  });
  const { title, description = '' } = document.info;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}: the interface</title><style>${STYLE}</style></head><body><a class="skip" href="#main">Skip to the calls</a>${navigation(tags, operations)}<main id="main"><h1>${escapeHtml(title)}</h1>${prose(description)}<p>The same as <a href="/openapi.json">an OpenAPI document</a>. Each call but the operational ones needs <code>Authorization: Bearer qk_...</code>.</p>${sections.join('')}<h2 id="schemas">Schemas</h2>${Object.entries(schemas).map(schemaCard).join('')}${problemTable()}</main></body></html>`;
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

function navigation(tags: readonly string[], operations: readonly Operation[]): string {
  const groups = tags.map((tag) => {
    const links = operations
      .filter((operation) => operation.tag === tag)
      .map(({ operationId, summary }) => `<li><a href="#${operationId}">${escapeHtml(summary)}</a></li>`);
    return `<h2>${escapeHtml(tag)}</h2><ul>${links.join('')}</ul>`;
  });
  return `<nav aria-label="Calls">${groups.join('')}<h2>More</h2><ul><li><a href="#schemas">Schemas</a></li><li><a href="#problems">Problems</a></li></ul></nav>`;
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
