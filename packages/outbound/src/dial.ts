import { buildConnector } from 'undici';
import { judgeHost, type Rules } from './judge.ts';
import type { Address } from './subnets.ts';

/**
 * Opens connections to judged addresses only: the host is resolved once, and what was judged is what is dialled. So a
 * connection that is kept leads where it was found to be acceptable.
 */
export function createDialler(rules: Rules, timeoutMs: number): buildConnector.connector {
  return (options, callback) => {
    judgeHost({ hostname: options.hostname, protocol: options.protocol }, rules)
      .then((addresses) => connectorTo(addresses, timeoutMs)(options, callback))
      .catch((error: Error) => callback(error, null));
  };
}

function connectorTo(addresses: Address[], timeoutMs: number): buildConnector.connector {
  const judged = addresses.map((address) => ({
    address: address.toString(),
    family: address.kind() === 'ipv4' ? 4 : 6,
  }));
  return buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    // Stated, so that no setting of the process can lower it.
    rejectUnauthorized: true,
    // A literal address is dialled as it stands, and was judged as it stands.
    lookup: (_hostname, { all }, callback) => {
      const [first] = judged;
      if (all) callback(null, judged);
      else callback(null, first?.address ?? '', first?.family);
    },
  });
}
