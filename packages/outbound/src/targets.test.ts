import { expect, test } from 'vitest';
import { checkTarget, parseAllow } from './targets.ts';
import { serveNames } from './test-names.ts';

const REFUSED: [url: string, because: RegExp][] = [
  ['', /absolute/],
  ['hooks', /absolute/],
  ['/hooks', /absolute/],
  ['//example.com/hooks', /absolute/],
  ['https://', /absolute/],
  ['https://[fe80::1%25eth0]/', /absolute/],
  ['https://exa mple.com/', /blank/],
  [' https://1.1.1.1/', /blank/],
  ['https://1.1.1.1/a\tb', /control character/],
  ['https://1.1.1.1\\@10.0.0.1/', /backslash/],
  ['ftp://1.1.1.1/', /must be https/],
  ['file:///etc/passwd', /must be https/],
  ['javascript:alert(1)', /must be https/],
  ['http://1.1.1.1/', /must be https/],
  ['http://[2606:4700:4700::1111]/', /must be https/],
  ['https://me@1.1.1.1/', /user info/],
  ['https://me:secret@1.1.1.1/', /user info/],
  ['https://:@1.1.1.1/', /user info/],
  ['https://@1.1.1.1/', /user info/],
  ['https:me@1.1.1.1/', /user info/],
  ['https://1.1.1.1/#', /fragment/],
  ['https://1.1.1.1/a#b', /fragment/],
  [`https://1.1.1.1/${'a'.repeat(2048)}`, /2048/],
  ['https://127.0.0.1/', /not public/],
  ['https://127.1/', /not public/],
  ['https://127.0.1/', /not public/],
  ['https://2130706433/', /not public/],
  ['https://0x7f000001/', /not public/],
  ['https://0x7f.0.0.1/', /not public/],
  ['https://017700000001/', /not public/],
  ['https://0177.0.0.1/', /not public/],
  ['https://0/', /not public/],
  ['https://127.0.0.1./', /not public/],
  ['https://１２７.０.０.１/', /not public/],
  ['https://①②⑦.0.0.1/', /not public/],
  ['https://%31%32%37.0.0.1/', /not public/],
  ['https://10.0.0.1:8443/', /not public/],
  ['https://169.254.169.254/latest/meta-data/', /not public/],
  ['https://2852039166/', /not public/],
  ['https://[::1]/', /not public/],
  ['https://[::]/', /not public/],
  ['https://[::ffff:127.0.0.1]/', /not public/],
  ['https://[::ffff:7f00:1]/', /not public/],
  ['https://[0:0:0:0:0:ffff:a00:1]/', /not public/],
  ['https://[::127.0.0.1]/', /not public/],
  ['https://[64:ff9b::10.0.0.1]/', /not public/],
  ['https://[64:ff9b:1::8.8.8.8]/', /not public/],
  ['https://[2002:7f00:1::]/', /not public/],
  ['https://[fd00:ec2::254]/', /not public/],
  ['https://localhost/', /not public/],
  ['https://LOCALHOST./', /not public/],
  ['https://a.localhost/', /not public/],
];

const ACCEPTED = [
  'https://1.1.1.1',
  'https://1.1.1.1:8443/hooks?token=a%20b',
  'https://1.1.1.1:80/',
  'https://16843009/',
  'HTTPS://1.1.1.1/@me',
  'https://[2606:4700:4700::1111]/',
  'https://[::ffff:8.8.8.8]/',
];

test.each(REFUSED)('%j is refused with the rule it breaks', async (url, because) => {
  await expect(checkTarget(url, [])).rejects.toMatchObject({
    code: 'webhook-target-refused',
    message: expect.stringMatching(because),
  });
});

test.each(ACCEPTED)('%j is accepted', async (url) => {
  await checkTarget(url, []);
});

test('a refusal repeats no query, no login and no address that a name led to', async () => {
  await using names = await serveNames({ 'inside.test': [['10.11.12.13']] });
  const urls = [
    'https://inside.test/?token=s3cret',
    'http://inside.test/?token=s3cret',
    'https://s3cret:s3cret@inside.test/',
  ];
  for (const url of urls) {
    const error = await checkTarget(url, [], names.resolver).catch((thrown: Error) => thrown);
    expect(String(error)).not.toMatch(/s3cret|10\.11/);
  }
});

test('one address that is not public among the answers refuses the name', async () => {
  await using names = await serveNames({
    'public.test': [['8.8.8.8', '2606:4700:4700::1111']],
    'mixed.test': [['8.8.8.8', '8.8.4.4', '10.0.0.1']],
    'mixed-six.test': [['8.8.8.8', 'fd00::1']],
    'mapped.test': [['8.8.8.8', '::ffff:127.0.0.1']],
  });
  await checkTarget('https://public.test/', [], names.resolver);
  for (const name of ['mixed.test', 'mixed-six.test', 'mapped.test']) {
    await expect(checkTarget(`https://${name}/`, [], names.resolver), name).rejects.toThrow(/not public/);
  }
});

test('a name without an address is refused as such', async () => {
  await using names = await serveNames({});
  await expect(checkTarget('https://nobody.test/', [], names.resolver)).rejects.toMatchObject({
    code: 'webhook-target-refused',
    message: expect.stringMatching(/^nobody\.test has no address: check the name/),
  });
});

test('an allowed subnet may be reached, with plain http too, and nothing beside it', async () => {
  await using names = await serveNames({ 'dev.test': [['10.1.2.3']], 'half.test': [['10.1.2.3', '8.8.8.8']] });
  const allow = parseAllow('10.1.0.0/16, 127.0.0.0/8, ::1/128');
  const good = [
    'https://10.1.2.3/',
    'http://10.1.2.3:9000/',
    'http://[::ffff:10.1.2.3]/',
    'http://localhost/',
    'http://dev.test/',
  ];
  for (const url of [...good, 'https://half.test/']) await checkTarget(url, allow, names.resolver);
  for (const url of [
    'http://10.2.0.1/',
    'https://10.2.0.1/',
    'http://8.8.8.8/',
    'http://half.test/',
    'https://[64:ff9b::10.1.2.3]/',
  ]) {
    await expect(checkTarget(url, allow, names.resolver), url).rejects.toMatchObject({
      code: 'webhook-target-refused',
    });
  }
});

test.each([undefined, '', '  '])('%j allows no subnet', (text) => {
  expect(parseAllow(text)).toEqual([]);
});

test.each([
  ['127.0.0.0/8, nonsense', /"nonsense" is not a subnet/],
  ['127.0.0.1', /"127\.0\.0\.1" .* prefix length, such as/],
  ['127.0.0.0/33', /at most 32/],
  ['::1/129', /at most 128/],
  ['10.1.2.3/16', /begins at 10\.1\.0\.0/],
  ['fd00::1/64', /begins at fd00::/],
  ['10.1/16', /"10\.1\/16"/],
  ['0x7f.0.0.0/8', /"0x7f/],
  ['::ffff:10.0.0.0/104', /as such/],
  ['fe80::%eth0/64', /"fe80::%eth0\/64"/],
  ['10.0.0.0/-1', /"10\.0\.0\.0\/-1"/],
  ['10.0.0.0/8,', /"" is not a subnet/],
])('%j is refused by the part that is wrong', (text, because) => {
  expect(() => parseAllow(text)).toThrow(because);
});
