import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';

export type Pair = { readonly key: string; readonly cert: string };

/** A certificate authority of our own. */
export async function makeAuthority(): Promise<Pair> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'An authority of a test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key, cert };
}

/** A server's certificate for `name`, signed by the authority. */
export async function makeCertificate(name: string, authority: Pair): Promise<Pair> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: authority,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { key, cert };
}

/** Lets this process trust an authority until disposed. */
export function trusting(authority: Pair): Disposable {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority.cert]);
  return { [Symbol.dispose]: () => setDefaultCACertificates(before) };
}
