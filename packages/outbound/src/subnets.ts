import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Subnet = readonly [network: Address, prefixLength: number];

const LONGEST = { ipv4: 32, ipv6: 128 };

/** Throws an Error that names the text, the rule it breaks, and what to write instead. */
export function parseSubnet(text: string): Subnet {
  const [, start = '', length = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (isIP(start) === 0) throw refusal(text, 'write an address and a prefix length, such as 10.1.0.0/16 or ::1/128');
  const network = ipaddr.parse(start);
  const longest = LONGEST[network.kind()];
  if (Number(length) > longest) throw refusal(text, `the prefix length is at most ${longest}`);
  if (network.range() === 'ipv4Mapped') throw refusal(text, 'write an IPv4 subnet as such, like 10.1.0.0/16');
  const begin = networkOf(network, text);
  if (begin.toString() !== network.toString()) throw refusal(text, `this network begins at ${begin}: write that`);
  return [network, Number(length)];
}

export function isWithin(address: Address, [network, prefixLength]: Subnet): boolean {
  return address.kind() === network.kind() && address.match(network, prefixLength);
}

function networkOf(network: Address, text: string): Address {
  return network.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(text)
    : ipaddr.IPv6.networkAddressFromCIDR(text);
}

function refusal(text: string, rule: string): Error {
  return new Error(`"${text}" is not a subnet: ${rule}`);
}
