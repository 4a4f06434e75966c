const LONGEST = 2000;
const HERE = 'http://console.invalid';

/** Where to go after signing in: the path that was asked for when it leads to a page of this console, else the start. */
export function safeNext(wanted: unknown): string {
  if (typeof wanted !== 'string' || wanted.length > LONGEST || !URL.canParse(wanted, HERE)) return '/';
  const url = new URL(wanted, HERE);
  // Normalising can bring two slashes to the front, and those would name a host.
  const isOurs = wanted.startsWith('/') && url.origin === HERE && !url.pathname.startsWith('//');
  return isOurs && !/^\/(login|logout)\b/.test(url.pathname) ? `${url.pathname}${url.search}` : '/';
}
