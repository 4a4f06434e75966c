import { createSocket } from 'node:dgram';
import { promises } from 'node:dns';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { checkTarget, parseAllow } from './targets.ts';
import { serveNames } from './test-names.ts';
import { testPoster } from './test-poster.ts';
import { listen } from './test-servers.ts';

/** As long as the resolver waits for it. */
const SILENT_MS = 5000;

test('a name that was public when it was checked is refused when it leads inside', async () => {
  await using inside = await listen((_, response) => response.end());
  await using names = await serveNames({ 'rebind.test': [['8.8.8.8'], ['127.0.0.1']] });
  const { resolver } = names;
  await using poster = testPoster({ allow: [], resolver });
  const url = `https://rebind.test:${inside.port}/?token=s3cret`;
  await checkTarget(url, [], resolver);
  const answer = await poster.post(url);
  expect(answer).toMatchObject({ outcome: 'refused-target', detail: expect.stringContaining('not public') });
  expect(JSON.stringify(answer)).not.toMatch(/s3cret|127\.0/);
  expect(inside.connections()).toBe(0);
});

test('what is judged is what is dialled: a name is asked once for a connection', async () => {
  await using server = await listen((_, response) => response.writeHead(204).end());
  await using names = await serveNames({ 'rebind.test': [['127.0.0.1'], ['127.0.0.2']] });
  await using poster = testPoster({ resolver: names.resolver });
  expect(await poster.post(`http://rebind.test:${server.port}/`)).toMatchObject({ outcome: 'answered', status: 204 });
  expect(names.asked('rebind.test')).toBe(1);
});

test('an address inside is never dialled, however the answers are mixed', async () => {
  await using inside = await listen((_, response) => response.end());
  await using names = await serveNames({
    'first.test': [['127.0.0.1', '127.0.0.2']],
    'last.test': [['127.0.0.2', '127.0.0.1']],
    'mapped.test': [['127.0.0.2', '::ffff:127.0.0.1']],
  });
  await using poster = testPoster({ allow: parseAllow('127.0.0.2/32'), resolver: names.resolver });
  for (const host of ['first.test', 'last.test', 'mapped.test', '127.0.0.1', '[::ffff:127.0.0.1]', '2130706433']) {
    const answer = await poster.post(`http://${host}:${inside.port}/`);
    expect(answer, host).toMatchObject({ outcome: 'refused-target' });
  }
  expect(inside.connections()).toBe(0);
});

test('connections that are kept serve their own name only, and the next one is judged again', async () => {
  await using server = await listen((request, response) => {
    response.writeHead(204, request.url === '/last' ? { connection: 'close' } : {}).end();
  });
  await using names = await serveNames({
    'turning.test': [['127.0.0.1'], ['127.0.0.2']],
    'inside.test': [['127.0.0.2']],
  });
  await using poster = testPoster({ resolver: names.resolver });
  const post = (name: string, path: string) => poster.post(`http://${name}:${server.port}${path}`);

  expect(await post('turning.test', '/last')).toMatchObject({ status: 204 });
  expect(await post('turning.test', '/')).toMatchObject({ outcome: 'refused-target' });
  expect(await post('127.0.0.1', '/')).toMatchObject({ status: 204 });
  expect(await post('inside.test', '/')).toMatchObject({ outcome: 'refused-target' });
  expect(await post('127.0.0.2', '/')).toMatchObject({ outcome: 'refused-target' });
});

test('a name that nobody knows cannot be reached, and says so', async () => {
  await using names = await serveNames({});
  await using poster = testPoster({ resolver: names.resolver });
  const answer = await poster.post('https://nobody.test/');
  expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('check the name') });
});

test('a name server that keeps silent holds up neither a post nor the end', async () => {
  const silent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const resolver = new promises.Resolver({ timeout: SILENT_MS, tries: 1 });
  resolver.setServers([`127.0.0.1:${silent.address().port}`]);
  const poster = testPoster({ resolver, timeoutMs: 500 });
  const startedAt = performance.now();
  expect(await poster.post('https://slow.test/')).toMatchObject({ outcome: 'timeout' });
  const answer = poster.post('https://slow.test/', AbortSignal.timeout(SILENT_MS));
  await poster[Symbol.asyncDispose]();
  expect(await answer).toMatchObject({ outcome: 'aborted' });
  expect(performance.now() - startedAt).toBeLessThan(SILENT_MS);
  silent.close();
});
