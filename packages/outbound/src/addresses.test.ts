import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findAddress, isPublic } from './addresses.ts';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

const NOT_PUBLIC: Record<string, string[]> = {
  'this network': ['0.0.0.0', '0.0.0.1', '0.255.255.255'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
  'carrier-grade NAT': ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  loopback: ['127.0.0.1', '127.0.0.53', '127.255.255.255', '::1'],
  'link-local': ['169.254.0.1', '169.254.169.254', '169.254.170.2', 'fe80::1', 'febf::1'],
  'protocol assignments': ['192.0.0.1', '192.0.0.192', '192.88.99.1', '2001:1::1', '2001:1ff::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1', '3fff:fff::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  reserved: ['240.0.0.1', '255.255.255.254', '4000::1', '8000::1', 'e000::1'],
  broadcast: ['255.255.255.255'],
  unspecified: ['::'],
  'unique local': ['fc00::1', 'fd00:ec2::254', 'fdff:ffff::1'],
  'site-local': ['fec0::1'],
  discard: ['100::1'],
  'segment routing': ['5f00::1'],
  'AS112 and relays': ['192.31.196.1', '192.52.193.1', '192.175.48.1', '2620:4f:8000::1', '2001:3::1', '2001:4:112::1'],
  ORCHID: ['2001:10::1', '2001:20::1', '2001:30::1'],
  "a cloud's metadata": ['168.63.129.16', '::ffff:168.63.129.16'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:a00:1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:169.254.169.254'],
  'IPv4-compatible': ['::127.0.0.1', '::8.8.8.8', '::a9fe:a9fe'],
  translated: ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::a00:1', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
  'translated by a local prefix': ['64:ff9b:1::8.8.8.8', '64:ff9b:1:ffff::1'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  Teredo: ['2001::1', '2001:0:7f00:1::1'],
};

test.each(PUBLIC)('%s is public', (text) => {
  expect(isPublic(address(text))).toBe(true);
});

describe.each(Object.entries(NOT_PUBLIC))('%s', (_, texts) => {
  test.each(texts)('%s is not public', (text) => {
    expect(isPublic(address(text))).toBe(false);
  });
});

test('no way to write a private IPv4 address within an IPv6 one makes it public', () => {
  fc.assert(
    fc.property(privateAddress(), ([a, b, c, d]) => {
      const high = ((a << 8) | b).toString(16);
      const low = ((c << 8) | d).toString(16);
      const dotted = `${a}.${b}.${c}.${d}`;
      const forms = [
        dotted,
        `::ffff:${dotted}`,
        `::ffff:${high}:${low}`,
        `::${dotted}`,
        `::${high}:${low}`,
        `::ffff:0:${high}:${low}`,
        `64:ff9b::${dotted}`,
        `64:ff9b::${high}:${low}`,
        `64:ff9b:1::${high}:${low}`,
        `2002:${high}:${low}::1`,
        `2001:0:${high}:${low}::1`,
        `2001::${(0xffff ^ Number.parseInt(high, 16)).toString(16)}:${(0xffff ^ Number.parseInt(low, 16)).toString(16)}`,
        `fe80::5efe:${dotted}`,
      ];
      expect(forms.filter((form) => isPublic(address(form)))).toEqual([]);
    }),
  );
});

test.each(['', 'example.com', '127.1', '0x7f000001', '2130706433', '[::1]', '1.2.3.4.5', '::g', 'fe80::1%eth0'])(
  '%j names no address',
  (text) => {
    expect(findAddress(text)).toBeUndefined();
  },
);

function privateAddress() {
  const byte = fc.nat(255);
  return fc.oneof(
    fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
    fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
    fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
    fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
  );
}

function address(text: string) {
  const found = findAddress(text);
  if (found === undefined) throw new Error(`${text} names no address`);
  return found;
}
