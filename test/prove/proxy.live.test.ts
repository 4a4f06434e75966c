import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { startProxy, type Way } from '../support/proxy.ts';

describe('a way to a server that answers what it hears', () => {
  let server: Server;
  let way: Way;
  const arrived: Socket[] = [];
  const opened: Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => {
      arrived.push(socket.on('error', () => undefined));
      socket.on('data', (piece) => socket.write(piece));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    way = await startProxy({ port: (server.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const socket of [...opened.splice(0), ...arrived.splice(0)]) socket.destroy();
    await way.close();
    server.close();
  });

  async function open() {
    const socket = connect(way.port, '127.0.0.1').on('error', () => undefined);
    opened.push(socket);
    await once(socket, 'connect');
    let heard = '';
    socket.on('data', (piece) => {
      heard += piece;
    });
    return { socket, heard: () => heard };
  }

  it('carries bytes both ways', async () => {
    const { socket, heard } = await open();
    socket.write('hello');
    await eventually(() => heard() === 'hello');
  });

  it('cuts what is open and lets new connections through', async () => {
    const { socket, heard } = await open();
    socket.write('hello');
    await eventually(() => heard() === 'hello');
    way.cut();
    await eventually(() => socket.destroyed && arrived[0]?.destroyed);
    const next = await open();
    next.socket.write('again');
    await eventually(() => next.heard() === 'again');
  });

  it('swallows bytes and goodbyes of what is half-open, until it is reset', async () => {
    const { socket, heard } = await open();
    socket.write('hello');
    await eventually(() => heard() === 'hello');
    const reset = way.halfOpen();
    socket.write('anybody?');
    const next = await open();
    next.socket.write('through');
    await eventually(() => next.heard() === 'through');
    expect(heard()).toBe('hello');
    socket.end();
    await eventually(() => socket.destroyed);
    expect(arrived[0]?.destroyed).toBe(false);
    reset();
    await eventually(() => arrived[0]?.destroyed);
  });

  it('holds pieces back in their order', async () => {
    const { socket, heard } = await open();
    way.slow(60);
    const startedMs = performance.now();
    for (const piece of ['a', 'b', 'c']) socket.write(piece);
    await eventually(() => heard() === 'abc');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(110);
    way.slow(0);
  });
});

describe('a way to PostgreSQL', () => {
  let database: TestDatabase;
  let way: Way;

  beforeAll(async () => {
    database = await createTestDatabase();
    way = await startProxy({ port: Number(new URL(database.url).port), speaks: 'postgres' });
  });
  afterAll(async () => {
    await way.close();
    await database.drop();
  });

  async function open() {
    const client = new pg.Client({ connectionString: way.lead(database.url) });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  it('loses the answer to a COMMIT that was made, and no other', async () => {
    const client = await open();
    await client.query('create table kept (n integer)');
    way.loseCommits(1);
    await client.query('begin');
    await client.query('insert into kept values (1)');
    await expect(client.query('commit')).rejects.toThrow();
    expect(way.lostCommits()).toBe(1);
    const next = await open();
    await next.query('begin');
    await next.query('insert into kept values (2)');
    await next.query('commit');
    expect((await next.query('select n from kept order by n')).rows).toEqual([{ n: 1 }, { n: 2 }]);
    await next.end();
  });

  it('carries large answers whole', async () => {
    const client = await open();
    const { rows } = await client.query("select repeat('x', 3000000) as text, n from generate_series(1, 3) n");
    expect(rows.map(({ text }) => text.length)).toEqual([3e6, 3e6, 3e6]);
    await client.end();
  });
});
