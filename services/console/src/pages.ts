import { readFileSync } from 'node:fs';

/** Where the style sheet of the pages is served. */
export const STYLE_PATH = '/console.css';

/** The style sheet of the pages. */
export function readStyle(): string {
  return readFileSync(new URL('./console.css', import.meta.url), 'utf8');
}

/** The page to sign in. `refusal` says why the last attempt failed, `next` where to go afterwards. */
export function loginPage({ next, refusal }: { readonly next: string; readonly refusal?: string | undefined }): string {
  const alert = refusal === undefined ? '' : `<p class="alert" role="alert" id="refusal">${escapeHtml(refusal)}</p>`;
  const described = refusal === undefined ? 'key-hint' : 'refusal key-hint';
  return page(
    'Sign in',
    `<h1>Sign in</h1>
${alert}
<form method="post" action="/login">
<input type="hidden" name="next" value="${escapeHtml(next)}">
<label for="key">API key</label>
<input id="key" name="key" type="password" required maxlength="200" autofocus autocomplete="current-password"
 autocapitalize="none" spellcheck="false" aria-describedby="${described}"${refusal === undefined ? '' : ' aria-invalid="true"'}>
<p class="hint" id="key-hint">A key with the scope <code>admin</code>. It begins with <code>qk_</code>.</p>
<button type="submit">Sign in</button>
</form>`,
  );
}

/** The page an operator starts from. */
export function startPage({ keyId, docs }: { readonly keyId: string; readonly docs?: string | undefined }): string {
  const docsLink =
    docs === undefined
      ? ''
      : `\n<li><a href="${escapeHtml(docs)}">API documentation</a><p class="hint">Every call, with examples.</p></li>`;
  return page(
    'Console',
    `<h1>Provisioning</h1>
<nav aria-label="Console">
<ul class="links">
<li><a href="/bull-board">Queues</a><p class="hint">What waits and what runs. To look at: jobs are retried and cancelled through the API.</p></li>${docsLink}
</ul>
</nav>
<form class="session" method="post" action="/logout">
<p class="hint">Signed in with <code>${escapeHtml(keyId)}</code></p>
<button type="submit" class="quiet">Sign out</button>
</form>`,
  );
}

/** A page that says one thing. */
export function messagePage(title: string, message: string): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>\n<p><a href="/">To the start</a></p>`,
  );
}

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · Qvara Provisioning</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<header><a href="/">Qvara Provisioning</a></header>
<main>
${main}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
