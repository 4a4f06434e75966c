import { promises } from 'node:dns';
import { findAddress } from './addresses.ts';
import type { Address } from './subnets.ts';

/**
 * What resolves names: by default the name servers of the system, asked without its thread pool, which a slow name
 * server of a stranger would otherwise block for everybody. The hosts file is not read.
 */
export type Resolver = Pick<promises.Resolver, 'resolve4' | 'resolve6' | 'cancel'>;

const TRY_MS = 2000;
const TRIES = 2;

export function createResolver(): Resolver {
  return new promises.Resolver({ timeout: TRY_MS, tries: TRIES });
}

/**
 * Every address of a host as URLs write it: of a name, of an IPv4 address, or of an IPv6 address in brackets.
 * Throws the resolver's error if the name has none, or nobody can say.
 */
export async function resolveHost(hostname: string, resolver: Resolver): Promise<Address[]> {
  const literal = findAddress(hostname.replace(/^\[(.*)\]$/, '$1'));
  if (literal !== undefined) return [literal];
  const names = isLocalhost(hostname) ? ['127.0.0.1', '::1'] : await ask(hostname, resolver);
  return names.map(readAnswer);
}

/** RFC 6761: name servers do not know it, and need not. */
function isLocalhost(hostname: string): boolean {
  return /(^|\.)localhost\.?$/.test(hostname);
}

async function ask(hostname: string, resolver: Resolver): Promise<string[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  throw four.status === 'rejected' ? four.reason : new Error('no address');
}

function readAnswer(text: string): Address {
  const address = findAddress(text);
  if (address === undefined) throw new Error('not an address');
  return address;
}
