import { sha256 } from '@qvara/runtime/crypto';

/** The fingerprint of a body as sent: equal for the same fields and values, whatever their order. */
export function fingerprint(body: unknown): string {
  return sha256(canonical(body));
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`).join(',')}}`;
}
