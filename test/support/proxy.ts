import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on which connections can be spoilt. */
export type Way = {
  readonly port: number;
  /** The same URL by way of the proxy. */
  lead(url: string): string;
  /** Resets every connection; new ones get through. */
  cut(): void;
  /** Makes every present connection half-open: bytes and goodbyes vanish, both ways. Answers what resets them at last. */
  halfOpen(): () => void;
  /** Holds every piece back for so long, both ways; 0 ends it. */
  slow(delayMs: number): void;
  /** The next so many answers to a COMMIT are lost, each with its connection; 0 ends it. For PostgreSQL only. */
  loseCommits(count: number): void;
  /** How many answers to a COMMIT were lost so far. */
  lostCommits(): number;
  close(): Promise<void>;
};

const COMMAND_COMPLETE = 0x43;
const HEADER_BYTES = 5;

type Link = { readonly near: Socket; readonly far: Socket; dead: boolean };
/** What of a piece may pass, and whether the connection ends there. */
type Filtered = { readonly pass: Buffer; readonly cut: boolean };

const passAll = (pass: Buffer): Filtered => ({ pass, cut: false });

/** Leads connections to a port on 127.0.0.1. Answers to COMMIT can be told where the server `speaks` PostgreSQL's language. */
export async function startProxy(target: { readonly port: number; readonly speaks?: 'postgres' }): Promise<Way> {
  const links = new Set<Link>();
  let delayMs = 0;
  let toLose = 0;
  let lost = 0;

  function takeCommit(): boolean {
    if (toLose === 0) return false;
    toLose -= 1;
    lost += 1;
    return true;
  }

  function reset(link: Link): void {
    links.delete(link);
    for (const socket of [link.near, link.far]) socket.destroyed || socket.resetAndDestroy();
  }

  /** Forwards what one side says, until that side is gone. */
  function forward(
    link: Link,
    from: Socket,
    { to, filter }: { to: Socket; filter: (piece: Buffer) => Filtered },
  ): void {
    const carry = createCarrier(to, () => delayMs);
    from.on('error', () => undefined);
    from.on('data', (piece: Buffer) => {
      if (link.dead) return;
      const { pass, cut } = filter(piece);
      if (pass.length > 0) carry(pass);
      if (cut) reset(link);
    });
    from.on('close', () => {
      if (link.dead) return;
      links.delete(link);
      to.destroy();
    });
  }

  const server = createServer((near) => {
    const link = { near, far: connect(target.port, '127.0.0.1'), dead: false };
    links.add(link);
    forward(link, near, { to: link.far, filter: passAll });
    const filter = target.speaks === 'postgres' ? createCommitWatch(takeCommit) : passAll;
    forward(link, link.far, { to: near, filter });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    port,
    lead(url) {
      const way = new URL(url);
      way.hostname = '127.0.0.1';
      way.port = String(port);
      return way.href;
    },
    cut() {
      for (const link of links) reset(link);
    },
    halfOpen() {
      const spoilt = [...links];
      for (const link of spoilt) link.dead = true;
      return () => spoilt.forEach(reset);
    },
    slow(ms) {
      delayMs = ms;
    },
    loseCommits(count) {
      toLose = count;
    },
    lostCommits: () => lost,
    async close() {
      server.close();
      for (const link of links) reset(link);
      if (server.listening) await once(server, 'close');
    },
  };
}

/** Writes pieces to a socket in their order, each held back for as long as `delayMs` says when it comes. */
function createCarrier(to: Socket, delayMs: () => number): (piece: Buffer) => void {
  const waiting: Buffer[] = [];

  function write(piece: Buffer | undefined): void {
    if (piece !== undefined && !to.destroyed) to.write(piece);
  }

  return (piece) => {
    const ms = delayMs();
    if (ms === 0 && waiting.length === 0) {
      write(piece);
      return;
    }
    waiting.push(piece);
    // Each timer sends the oldest piece, whichever it was set for: so the order holds when the delay changes.
    setTimeout(() => write(waiting.shift()), ms);
  };
}

/**
 * Reads what a PostgreSQL server says, message by message, and asks `take` at every "COMMIT" it completes: when that
 * says yes, the message and all after it are lost. Passes whole messages only.
 */
function createCommitWatch(take: () => boolean): (piece: Buffer) => Filtered {
  let rest: Buffer = Buffer.alloc(0);
  return (piece) => {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      if (isCommit(bytes.subarray(at, end)) && take()) return { pass: bytes.subarray(0, at), cut: true };
      at = end;
    }
    rest = bytes.subarray(at);
    return { pass: bytes.subarray(0, at), cut: false };
  };
}

function isCommit(message: Buffer): boolean {
  return message[0] === COMMAND_COMPLETE && message.toString('latin1', HEADER_BYTES, message.length - 1) === 'COMMIT';
}
