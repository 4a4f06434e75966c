import { isAbsolute, relative } from 'node:path';

/** What a person who has just started the product wants to know. */
export type BannerFacts = {
  host: string;
  ports: { intake: number; worker: number; console: number };
  keyFile: string;
  hasKey: boolean;
  dataFolder: string;
};

/** The text to print once everything is up: where it is, where the key is, and a request to try. */
export function renderBanner({ host, ports, keyFile, hasKey, dataFolder }: BannerFacts): string {
  const intake = `http://${reachable(host)}:${ports.intake}`;
  const key = shellPath(keyFile);
  return [
    '',
    '  Qvara Provisioning is up.',
    '',
    `  Intake   ${intake}/v1`,
    `  Docs     ${intake}/docs`,
    `  Console  http://${reachable(host)}:${ports.console}`,
    `  Worker   http://${reachable(host)}:${ports.worker}/metrics`,
    `  Data     ${shellPath(dataFolder)}`,
    hasKey ? `  API key  ${key}` : `  API key  ${key} is gone; use a key you have, or remove the data to start empty`,
    '',
    '  Provision a customer:',
    '',
    `  curl -sS ${intake}/v1/jobs \\`,
    `    -H "Authorization: Bearer $(cat ${key})" \\`,
    "    -H 'Content-Type: application/json' -H 'Prefer: wait=10' -H 'Idempotency-Key: first' \\",
    `    -d '${JSON.stringify(example)}'`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n');
}

const example = {
  type: 'customer.provision',
  payload: { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental', externalRef: 'crm-42' },
};

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** As one would type it here: relative where that is shorter, quoted where a shell needs it. */
function shellPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  const typed = fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
  return /^[\w./-]+$/.test(typed) ? typed : `'${typed.replaceAll("'", String.raw`'\''`)}'`;
}
