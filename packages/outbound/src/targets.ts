import { CodedError } from '@qvara/contracts/failure';
import { judgeHost, readTarget } from './judge.ts';
import { createResolver, type Resolver } from './resolve.ts';
import { parseSubnet, type Subnet } from './subnets.ts';

/** Subnets that may be reached although they are not public, with plain http too. */
export type Allow = readonly Subnet[];

/**
 * Reads a comma list of subnets, such as `127.0.0.0/8, ::1/128`; nothing or blanks allow none.
 * Throws an Error that names the part that is no subnet, the rule, and what to write instead.
 */
export function parseAllow(text: string | undefined): Allow {
  const list = (text ?? '').trim();
  return list === '' ? [] : list.split(',').map((part) => parseSubnet(part.trim()));
}

/** A name server that keeps silent: nobody waits for it longer than for a slow page. */
const RESOLVE_MS = 5000;

/**
 * Fulfils if webhooks may be sent to `url` as things are: its form is acceptable, and so is every address of its host.
 * A name can lead elsewhere later: what is dialled is judged again when it is dialled.
 * Throws `webhook-target-refused`, which names the rule and the remedy; so it does when the name has no address.
 */
export async function checkTarget(url: string, allow: Allow, resolver: Resolver = createResolver()): Promise<void> {
  const target = readTarget(url);
  const limit = setTimeout(() => resolver.cancel(), RESOLVE_MS);
  try {
    await judgeHost(target, { allow, resolver });
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('webhook-target-refused', `${target.hostname} has no address: check the name, or try again.`);
  } finally {
    clearTimeout(limit);
  }
}
