import { createCipheriv, createDecipheriv, createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Sealer = {
  /** Encrypts; equal texts give different results. `context` (whose secret it is) must be the same to open it. */
  seal(text: string, context: string): string;
  /** Decrypts. Throws an Error without details when key, context or text are not the ones that were sealed. */
  open(sealed: string, context: string): string;
};

/** Secrets at rest: AES-256-GCM. The first key encrypts, every key decrypts. Throws unless all keys have 32 bytes. */
export function sealer(keys: readonly Uint8Array[]): Sealer {
  if (keys.some((key) => key.length !== KEY_BYTES)) throw new Error(`A key must have ${KEY_BYTES} bytes`);
  const known = new Map(keys.map((key) => [keyId(key), key]));
  const [current] = keys;
  if (current === undefined) throw new Error('At least one key is needed');

  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, current, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${keyId(current)}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [id = '', body = ''] = sealed.split('.');
      const key = known.get(id);
      if (key === undefined) throw new Error('A secret was sealed with a key that is not configured');
      try {
        return decrypt(key, Buffer.from(body, 'base64url'), context);
      } catch {
        throw new Error('A sealed secret cannot be opened: it was changed or belongs elsewhere');
      }
    },
  };
}

function decrypt(key: Uint8Array, sealed: Buffer, context: string): string {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES));
  return decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}

/** Names a key without giving it away. */
function keyId(key: Uint8Array): string {
  return createHash('sha256').update('qvara key id').update(key).digest('hex').slice(0, 8);
}

/** Compares without telling by its time where the texts differ, nor how long they are. */
export function constantTimeEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

/** SHA-256 in hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return digest(content).toString('hex');
}

/** SHA-256 of what comes piece by piece. */
export type RunningDigest = {
  add(piece: Uint8Array): void;
  /** Of all so far, in hexadecimal digits. */
  hex(): string;
};

/** Begins a digest. */
export function startSha256(): RunningDigest {
  const hash = createHash('sha256');
  return { add: (piece) => void hash.update(piece), hex: () => hash.copy().digest('hex') };
}

function digest(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

/** That many random bytes as base64url. */
export function randomToken(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** That many decimal digits, each equally likely. */
export function randomDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('');
}
