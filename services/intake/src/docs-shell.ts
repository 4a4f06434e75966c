import { STYLE } from './docs-style.ts';
import { escapeHtml } from './html.ts';

type Link = { readonly href: string; readonly text: string };

/** A page as its parts: links by group, and what they lead to. */
export type Page = {
  readonly title: string;
  /** What the navigation lists. */
  readonly lists: string;
  readonly groups: readonly (readonly [title: string, links: readonly Link[]])[];
  readonly main: string;
};

/** One page: no script, nothing from elsewhere. */
export function pageText({ title, lists, groups, main }: Page): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><a class="skip" href="#main">Skip to the ${lists.toLowerCase()}</a><nav aria-label="${lists}">${groups.map(group).join('')}</nav><main id="main">${main}</main></body></html>`;
}

function group([title, links]: Page['groups'][number]): string {
  const items = links.map(({ href, text }) => `<li><a href="${href}">${escapeHtml(text)}</a></li>`);
  return `<h2>${escapeHtml(title)}</h2><ul>${items.join('')}</ul>`;
}

/** A text as it is, or a value as JSON, folded. */
export function exampleFold(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return `<details><summary>${escapeHtml(name)}</summary><pre tabindex="0">${escapeHtml(text)}</pre></details>`;
}
