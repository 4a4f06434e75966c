import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type Address, isWithin, parseSubnet } from './subnets.ts';

/** RFC 4291: every public address is in it, and what is not in it may be given any use. */
const GLOBAL_UNICAST = parseSubnet('2000::/3');
/** RFC 6052: how a translating network calls IPv4 hosts. RFC 8215's prefix for local use is not meant. */
const TRANSLATED = parseSubnet('64:ff9b::/96');
/** Public by its number, but answered by the machine's own host, which keeps credentials there (Azure). */
const HOST_OF_THE_MACHINE = parseSubnet('168.63.129.16/32');

/** The address that `text` names; an IPv4-mapped one is the IPv4 address that is dialled. Nothing if it names none. */
export function findAddress(text: string): Address | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  // In hexadecimal: ipaddr.js takes "::1.2.3.4" for the mapped address, which is another one.
  const hexadecimal = isIPv6(text) ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : undefined;
  return hexadecimal === undefined ? undefined : ipaddr.process(hexadecimal);
}

/** Whether it is a public unicast address: none that a registry of IANA sets apart for a special use. */
export function isPublic(address: Address): boolean {
  if (isWithin(address, TRANSLATED)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  if (address.range() !== 'unicast' || isWithin(address, HOST_OF_THE_MACHINE)) return false;
  return address.kind() === 'ipv4' || isWithin(address, GLOBAL_UNICAST);
}
