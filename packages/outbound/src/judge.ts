import { CodedError } from '@qvara/contracts/failure';
import { isPublic } from './addresses.ts';
import { type Resolver, resolveHost } from './resolve.ts';
import { type Address, isWithin, type Subnet } from './subnets.ts';

export type Rules = { readonly allow: readonly Subnet[]; readonly resolver: Resolver };

const LONGEST_URL = 2048;

/**
 * The URL that `text` is, if its form is acceptable: http or https, any port, no user info, no fragment. Where it leads
 * is judged by `judgeHost`. Throws `webhook-target-refused`, without the URL: its query may be a secret.
 */
export function readTarget(text: string): URL {
  if (text.length > LONGEST_URL) throw refusal(`The URL has more than ${LONGEST_URL} characters: use a shorter one.`);
  // URL forgives these and leaves them out: what is stored would not be what is dialled.
  if (/[\s\p{Cc}\\]/u.test(text))
    throw refusal('The URL holds a blank, a control character or a backslash: encode it.');
  const url = URL.parse(text);
  if (url === null) throw refusal('This is not an absolute URL: send one such as https://example.com/hooks.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refusal('The scheme of the URL must be https.');
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    throw refusal('The URL holds user info: leave it out; the signature of a delivery says whose it is.');
  }
  if (text.includes('#')) throw refusal('The URL holds a fragment: leave it out; it would not be sent.');
  return url;
}

/**
 * The addresses of a URL's host, all of them acceptable: public, or within an allowed subnet; with plain http, within an
 * allowed subnet. Throws `webhook-target-refused`, without an address: it would tell what is inside; else the
 * resolver's error.
 */
export async function judgeHost(
  { hostname, protocol }: Pick<URL, 'hostname' | 'protocol'>,
  { allow, resolver }: Rules,
): Promise<Address[]> {
  const addresses = await resolveHost(hostname, resolver);
  const others = addresses.filter((address) => !allow.some((subnet) => isWithin(address, subnet)));
  if (!others.every(isPublic)) {
    throw refusal(
      `${hostname} leads to an address that is not public: every address of a target must be. ${EXCEPTIONS}`,
    );
  }
  if (others.length > 0 && protocol !== 'https:') throw refusal(`The scheme of the URL must be https. ${EXCEPTIONS}`);
  return addresses;
}

const EXCEPTIONS = 'Use a public https URL, or have the subnet added to WEBHOOK_ALLOW.';

function refusal(message: string): CodedError {
  return new CodedError('webhook-target-refused', message);
}
