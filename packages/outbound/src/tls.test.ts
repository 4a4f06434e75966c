import { expect, test } from 'vitest';
import { makeAuthority, makeCertificate, trusting } from './test-certificates.ts';
import { serveNames } from './test-names.ts';
import { testPoster } from './test-poster.ts';
import { listen } from './test-servers.ts';

const authority = await makeAuthority();
const tls = await makeCertificate('good.test', authority);

test('a certificate for the name, of an authority that is trusted, is accepted', async () => {
  await using server = await listen((_, response) => response.writeHead(204).end(), tls);
  await using names = await serveNames({ 'good.test': [['127.0.0.1']] });
  using _trust = trusting(authority);
  await using poster = testPoster({ resolver: names.resolver });
  expect(await poster.post(`https://good.test:${server.port}/`)).toMatchObject({ outcome: 'answered', status: 204 });
});

test('a certificate of an unknown authority is refused, whatever the environment says', async () => {
  await using server = await listen((_, response) => response.end(), tls);
  await using names = await serveNames({ 'good.test': [['127.0.0.1']] });
  await using poster = testPoster({ resolver: names.resolver });
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    const answer = await poster.post(`https://good.test:${server.port}/`);
    expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('not trusted') });
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a certificate for another name is refused each time, with %s',
  async (version) => {
    await using server = await listen((_, response) => response.end(), { ...tls, maxVersion: version });
    await using names = await serveNames({ 'other.test': [['127.0.0.1']] });
    using _trust = trusting(authority);
    await using poster = testPoster({ resolver: names.resolver });
    for (let turn = 0; turn < 3; turn++) {
      const answer = await poster.post(`https://other.test:${server.port}/`);
      expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('for another name') });
    }
  },
);

test('a port that does not speak TLS is told as such', async () => {
  await using server = await listen((_, response) => response.end());
  await using poster = testPoster();
  const answer = await poster.post(`https://127.0.0.1:${server.port}/`);
  expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('speaks TLS') });
});
