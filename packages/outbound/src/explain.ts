/** What can be told of an error by its code. Messages are not told: they hold addresses. */
const BY_CODE: Record<string, string> = {
  ECONNREFUSED: 'It refuses connections: check that it runs and listens on this port.',
  ECONNRESET: 'It broke the connection off: check its logs, and any proxy before it.',
  UND_ERR_SOCKET: 'It broke the connection off: check its logs, and any proxy before it.',
  ENOTFOUND: 'Its name has no address: check the name.',
  ENODATA: 'Its name has no address: check the name.',
  UND_ERR_CONNECT_TIMEOUT: 'No connection came about in time: check that it can be reached from the internet.',
  ETIMEDOUT: 'No connection came about in time: check that it can be reached from the internet.',
  UND_ERR_HEADERS_OVERFLOW: 'The headers of its answer are too long: send at most 16 KiB.',
  CERT_HAS_EXPIRED: 'Its certificate has expired: renew it.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name: use one for this name.',
};

const CERTIFICATE = /CERT|SIGNATURE|ISSUER/;
const HANDSHAKE = /^(ERR_SSL|ERR_TLS|EPROTO)/;

/** Why a target could not be reached, and what to do: without its address, its URL, or anything it said. */
export function explain(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined) return 'It could not be reached.';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (CERTIFICATE.test(code))
    return `Its certificate is not trusted (${code}): use one of a public authority, with its chain.`;
  if (HANDSHAKE.test(code))
    return `No TLS connection came about (${code}): check that this port speaks TLS 1.2 or newer.`;
  return `It could not be reached (${code}): check that it runs and answers HTTP.`;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^\w{1,60}$/.test(error.code) ? error.code : undefined;
}
