export type RedisNode = { readonly host: string; readonly port: number };
type Login = { readonly username?: string; readonly password?: string };

/** Where Redis is. `tls` holds for every node. */
export type RedisTarget =
  | (Login & { readonly form: 'single'; readonly node: RedisNode; readonly db: number; readonly tls: boolean })
  | (Login & {
      readonly form: 'sentinel';
      readonly sentinels: readonly RedisNode[];
      readonly master: string;
      readonly db: number;
    })
  | (Login & { readonly form: 'cluster'; readonly nodes: readonly RedisNode[]; readonly tls: boolean });

const ACCEPTED = [
  'redis://[user:password@]host[:port][/db]',
  'rediss://... (the same over TLS)',
  'redis+sentinel://[user:password@]host:port,host:port/masterName[/db]',
  'redis://host:port,redis://host:port,... (Cluster)',
].join('; ');

const SENTINEL = /^redis\+sentinel:\/\/(?:(?<login>[^@/]*)@)?(?<nodes>[^@/]+)\/(?<master>[^/?#]+)(?:\/(?<db>[0-9]+))?$/;

/**
 * Reads REDIS_URL: one server, Sentinel, or a comma list of servers for Cluster.
 * Throws an Error that names the variable and the accepted forms, never the value, which may hold a password.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const value = text.trim();
  if (value.startsWith('redis+sentinel:')) return parseSentinel(value);
  const parts = value.split(',').map((part) => part.trim());
  const [first, ...others] = parts.map(parseServer);
  if (first === undefined) throw refused('it is empty');
  if (others.length === 0) return first;
  const nodes = [first, ...others];
  if (nodes.some(({ db }) => db !== 0)) throw refused('a cluster has no numbered databases');
  if (nodes.some(({ tls }) => tls !== first.tls))
    throw refused('a cluster is reached by redis:// or rediss://, not both');
  const { username, password } = nodes.find((node) => node.password !== undefined) ?? first;
  return { form: 'cluster', nodes: nodes.map(({ node }) => node), tls: first.tls, ...login(username, password) };
}

function parseServer(text: string): Extract<RedisTarget, { form: 'single' }> {
  if (!/^rediss?:\/\//.test(text)) throw refused('it does not begin with redis://, rediss:// or redis+sentinel://');
  if (!URL.canParse(text)) throw refused('it is not a URL');
  const url = new URL(text);
  const path = url.pathname.replace(/^\//, '');
  if (url.hostname === '') throw refused('it names no host');
  if (url.search !== '' || url.hash !== '') throw refused('it holds a query or a fragment');
  if (!/^[0-9]*$/.test(path)) throw refused('what follows the host is not the number of a database');
  return {
    form: 'single',
    node: { host: bare(url.hostname), port: Number(url.port || 6379) },
    db: Number(path),
    tls: url.protocol === 'rediss:',
    ...login(decode(url.username), decode(url.password)),
  };
}

function parseSentinel(text: string): RedisTarget {
  const found = SENTINEL.exec(text)?.groups;
  if (found === undefined) throw refused('it does not have the form of a Sentinel URL');
  const { login: own = '', nodes = '', master = '', db = '0' } = found;
  const [username, ...password] = own.split(':');
  return {
    form: 'sentinel',
    sentinels: nodes.split(',').map(parseNode),
    master: decode(master),
    db: Number(db),
    ...login(decode(username ?? ''), decode(password.join(':'))),
  };
}

function parseNode(text: string): RedisNode {
  if (!URL.canParse(`redis://${text}`)) throw refused('the address of a sentinel cannot be read');
  const url = new URL(`redis://${text}`);
  if (url.hostname === '' || url.pathname !== '') throw refused('the address of a sentinel cannot be read');
  return { host: bare(url.hostname), port: Number(url.port || 26379) };
}

function login(username?: string, password?: string): Login {
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('a percent sign in it is not followed by two hexadecimal digits');
  }
}

function refused(why: string): Error {
  return new Error(`REDIS_URL cannot be used: ${why}. Accepted: ${ACCEPTED}`);
}
