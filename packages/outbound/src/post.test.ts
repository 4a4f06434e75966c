import { expect, test } from 'vitest';
import { createPoster } from './post.ts';
import { parseAllow } from './targets.ts';
import { testPoster } from './test-poster.ts';
import { listen } from './test-servers.ts';

const GIB = 1024 ** 3;

test('what is posted arrives as it is, and the answer comes back', async () => {
  const got: unknown[] = [];
  await using server = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      got.push(request.method, request.url, request.headers['webhook-id'], Buffer.concat(chunks).toString());
      response.writeHead(201, { 'retry-after': '7' }).end('thanks');
    });
  });
  const poster = createPoster({ allow: parseAllow('127.0.0.0/8'), timeoutMs: 20_000 });
  const url = `http://127.0.0.1:${server.port}/hooks?a=b%20c`;
  const answer = await poster.post({ url, headers: { 'webhook-id': 'msg_1' }, body: '{"a":"ä"}' });
  expect(answer).toEqual({
    outcome: 'answered',
    status: 201,
    retryAfterMs: 7000,
    body: 'thanks',
    latencyMs: expect.any(Number),
  });
  expect(got).toEqual(['POST', '/hooks?a=b%20c', 'msg_1', '{"a":"ä"}']);
  await poster.close();
});

test('a redirect is an answer, and is not followed', async () => {
  await using inside = await listen((_, response) => response.end());
  await using server = await listen((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/` }).end();
  });
  await using poster = testPoster();
  expect(await poster.post(`http://127.0.0.1:${server.port}/`)).toMatchObject({ outcome: 'answered', status: 307 });
  expect(inside.connections()).toBe(0);
});

test('an answer that never comes is a timeout', async () => {
  await using server = await listen(() => {});
  await using poster = testPoster({ timeoutMs: 100 });
  expect(await poster.post(`http://127.0.0.1:${server.port}/`)).toMatchObject({ outcome: 'timeout' });
});

test('an answer that comes byte by byte is a timeout', async () => {
  await using server = await listen((_, response) => {
    response.writeHead(200).flushHeaders();
    const drip = setInterval(() => response.write('.'), 10);
    response.on('close', () => clearInterval(drip));
  });
  await using poster = testPoster({ timeoutMs: 300 });
  const answer = await poster.post(`http://127.0.0.1:${server.port}/`);
  expect(answer).toMatchObject({ outcome: 'timeout' });
  expect(answer.latencyMs).toBeGreaterThanOrEqual(299);
});

test('of an answer without end 1 KiB is kept, and the connection is dropped', async () => {
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  await using server = await listen((_, response) => {
    const more = () => {
      do sent += 65_536;
      while (sent < GIB && response.write('a'.repeat(65_536)));
    };
    response.writeHead(200, { 'content-length': GIB }).on('drain', more).on('close', closed.resolve);
    more();
  });
  await using poster = testPoster();
  const answer = await poster.post(`http://127.0.0.1:${server.port}/`);
  expect(answer).toMatchObject({ outcome: 'answered', status: 200, body: 'a'.repeat(1024) });
  await closed.promise;
  expect(sent).toBeLessThan(64 * 1024 ** 2);
});

test('headers without end are refused', async () => {
  await using server = await listen((_, response) => response.writeHead(200, { 'x-a': 'a'.repeat(20_000) }).end());
  await using poster = testPoster();
  const answer = await poster.post(`http://127.0.0.1:${server.port}/`);
  expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('16 KiB') });
});

test('connections are kept for the next post, also after an answer of some length', async () => {
  await using server = await listen((request, response) => response.end(request.url?.repeat(4000)));
  await using poster = testPoster();
  for (let turn = 0; turn < 9; turn++) {
    expect(await poster.post(`http://127.0.0.1:${server.port}/ab`)).toMatchObject({ outcome: 'answered' });
  }
  // The next post may come before the last connection is found to be free.
  expect(server.connections()).toBeLessThanOrEqual(2);
});

test('many posts at once to one origin open a bounded number of connections, and few posts one each', async () => {
  await using server = await listen((_, response) => void setTimeout(() => response.end(), 20));
  await using poster = testPoster();
  const url = `http://127.0.0.1:${server.port}/`;
  const answered = async (posts: number) =>
    (await Promise.all(Array.from({ length: posts }, () => poster.post(url)))).filter(
      (one) => one.outcome === 'answered',
    );
  expect(await answered(100)).toHaveLength(100);
  expect(server.connections()).toBe(100);
  expect(await answered(600)).toHaveLength(600);
  expect(server.connections()).toBeLessThanOrEqual(256);
});

test('a post that is aborted ends at once and drops its connection, before it began too', async () => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const { promise: dropped, resolve: drop } = Promise.withResolvers<void>();
  await using server = await listen((request) => {
    request.socket.on('close', drop);
    resolve();
  });
  await using poster = testPoster();
  const url = `http://127.0.0.1:${server.port}/`;
  expect(await poster.post(url, AbortSignal.abort())).toMatchObject({ outcome: 'aborted' });
  const abort = new AbortController();
  const answer = poster.post(url, abort.signal);
  await arrived;
  abort.abort();
  expect(await answer).toMatchObject({ outcome: 'aborted', detail: expect.any(String) });
  await dropped;
});

test('a poster that is closed ends what is under way, and posts no more', async () => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  await using server = await listen(() => resolve());
  const poster = testPoster();
  const url = `http://127.0.0.1:${server.port}/`;
  const answer = poster.post(url);
  await arrived;
  await poster[Symbol.asyncDispose]();
  expect(await answer).toMatchObject({ outcome: 'aborted' });
  expect(await poster.post(url)).toMatchObject({ outcome: 'aborted' });
});

test('what cannot be reached says what to do, and neither address nor query', async () => {
  const server = await listen(() => {});
  const { port } = server;
  await server[Symbol.asyncDispose]();
  await using poster = testPoster();
  const answer = await poster.post(`http://127.0.0.1:${port}/?token=s3cret`);
  expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringMatching(/refuses connections: check/) });
  expect(JSON.stringify(answer)).not.toMatch(/s3cret|127\.0/);
});

test('a connection that breaks off is told as such', async () => {
  await using server = await listen((request) => request.socket.destroy());
  await using poster = testPoster();
  const answer = await poster.post(`http://127.0.0.1:${server.port}/`);
  expect(answer).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('broke the connection off') });
});

test('no proxy of the environment is used', async () => {
  await using proxy = await listen((_, response) => response.end());
  await using server = await listen((_, response) => response.writeHead(204).end());
  const before = { ...process.env };
  Object.assign(process.env, {
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    http_proxy: `http://127.0.0.1:${proxy.port}`,
    ALL_PROXY: `http://127.0.0.1:${proxy.port}`,
  });
  try {
    await using poster = testPoster();
    expect(await poster.post(`http://127.0.0.1:${server.port}/`)).toMatchObject({ status: 204 });
  } finally {
    process.env = before;
  }
  expect(proxy.connections()).toBe(0);
});

test('a header that cannot be sent is the caller’s defect, and thrown', async () => {
  const poster = createPoster({ allow: parseAllow('127.0.0.1/32'), timeoutMs: 20_000 });
  await expect(poster.post({ url: 'http://127.0.0.1:9/', headers: { a: 'b\r\nc: d' }, body: '' })).rejects.toThrow(
    /header/,
  );
  await poster.close();
});
