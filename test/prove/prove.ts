import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from '@qvara/contracts/clients';
import { SCOPES } from '@qvara/contracts/clients';
import type { Arguments } from './arguments.ts';
import { type Caller, createCaller } from './caller.ts';
import { type Chance, createChance } from './chance.ts';
import { runClient } from './client-load.ts';
import { direct } from './director.ts';
import { loadEvidence } from './evidence.ts';
import { faultsOf } from './faults.ts';
import { createImporter, IMPORT_REGION } from './import-load.ts';
import { addKeys } from './keys.ts';
import { openLoadLog } from './load-log.ts';
import { createOperator } from './operator.ts';
import { planFaults } from './plan.ts';
import { followEvents } from './reader.ts';
import type { Findings } from './report.ts';
import { settle } from './settle.ts';
import { settleDeliveries } from './settle-deliveries.ts';
import { subscribe } from './subscriber.ts';
import { judge } from './verdict.ts';
import { startWorld, type World } from './world.ts';

const CLIENT_SCOPES: readonly Scope[] = ['jobs:write', 'jobs:read', 'webhooks:write'];
const IMPORT_SCOPES: readonly Scope[] = ['imports:write', 'jobs:read'];
const CLIENTS = ['north-star', 'blue-bird', 'old-oak'] as const;
const SOME = ['job.accepted', 'job.completed', 'job.failed', 'step.succeeded', 'customer.activated'] as const;
const IMPORT_CONTAINERS = 3;
const INTAKES = 2;
const WORKERS = 3;
/** About 12 calls a second, all clients together. */
const CALL_EVERY_MS = 250;
const CATCH_UP_MS = 30_000;

/** Runs load and faults in a world of its own under `folder`, lets it settle, and finds what is wrong. */
export async function prove(wish: Arguments, folder: string): Promise<Findings> {
  await mkdir(folder, { recursive: true });
  const env = { WEBHOOK_ALLOW: '127.0.0.1/32' };
  const world = await startWorld({ backend: wish.backend, folder, intakes: INTAKES, workers: WORKERS, env });
  try {
    return await proveIn(world, wish);
  } finally {
    await keepLogs(world);
    await world.close();
  }
}

async function proveIn(world: World, { seed, minutes }: Arguments): Promise<Findings> {
  const chance = createChance(seed);
  const log = openLoadLog(join(world.folder, 'accepted.ndjson'));
  const scopes = [SCOPES, IMPORT_SCOPES, ...CLIENTS.map(() => CLIENT_SCOPES)];
  const [adminKey = '', importKey = '', ...keys] = await addKeys(world.ledgerUrl, scopes);
  const callerOf = (name: string, apiKey: string) =>
    createCaller({ urls: world.intakeUrls, apiKey, chance: chance.fork(`calls of ${name}`), heard: log.hear });
  const admin = callerOf('the operator', adminKey);
  const operator = await createOperator(admin);
  const reader = followEvents(callerOf('the reader', adminKey));
  for (let n = 0; n < IMPORT_CONTAINERS; n++) await operator.addContainer(IMPORT_REGION, 999);
  const importer = createImporter(callerOf('the importer', importKey), chance.fork('the importer'));
  const faults = faultsOf(world.backend);
  const loadMs = minutes * 60_000;
  await using receivers = await subscribeAll(
    CLIENTS.map((name, index) => callerOf(name, keys[index] ?? '')),
    chance,
  );
  const { subscribers } = receivers;
  const over = AbortSignal.timeout(loadMs);
  const clients = CLIENTS.map((name, index) => {
    const own = { name, caller: callerOf(name, keys[index] ?? ''), chance: chance.fork(`acts of ${name}`), log };
    return runClient(own, CALL_EVERY_MS, over);
  });
  const inventory = operator.work(chance.fork('the operator'), over);
  const importing = importer.work(over);
  const performance_ = direct({ world, operator, subscribers }, planFaults(faults, chance.fork('faults'), loadMs));
  await delay(loadMs);
  const performed = await performance_;
  await inventory;
  const settlingMs = performance.now();
  // Clients whose requests were never answered go on asking while the world is mended.
  const settling = settle({ world, operator, caller: admin });
  await Promise.all([...clients, importing]);
  let settled = await settling;
  settled &&= await importer.settle();
  if (settled) settled = await settle({ world, operator, caller: admin });
  settled &&= await settleDeliveries(world, subscribers);
  const settleMs = performance.now() - settlingMs;
  await catchUp(world, reader);
  await writeFile(join(world.folder, 'faults.log'), `${performed.diary.join('\n')}\n`);
  const subscriptions = subscribers.map(({ subscription }) => subscription);
  const remembered = { accepted: log.accepted, seen: reader.seen, subscriptions };
  const evidence = await loadEvidence({ ...world, ...remembered, sent: importer.sent, sums: importer.wrong });
  await writeFile(join(world.folder, 'received.json'), JSON.stringify(subscriptions));
  const trouble = performed.diary.filter((line) => /could not be made|not wholly/.test(line));
  return {
    evidence,
    verdict: judge(evidence),
    settled,
    made: performed.made,
    faultNames: faults.map(({ name }) => name),
    refusedSignatures: subscribers.reduce((sum, { refused }) => sum + refused(), 0),
    lostCommits: world.ways.ledger.lostCommits() + world.ways.platform.lostCommits(),
    answers: log.answers,
    remarks: [...world.remarks, ...trouble],
    loadMs,
    settleMs,
  };
}

/** For each client one webhook that takes all there is, and one for some types that has its troubles. */
async function subscribeAll(callers: readonly Caller[], chance: Chance) {
  const plans = callers.flatMap((caller, index) => [
    { caller, names: null, troubled: false, chance: chance.fork(`receiver ${index}`) },
    { caller, names: SOME, troubled: true, chance: chance.fork(`troubled receiver ${index}`) },
  ]);
  const subscribers = await Promise.all(plans.map(subscribe));
  return {
    subscribers,
    [Symbol.asyncDispose]: async () => void (await Promise.all(subscribers.map(({ close }) => close()))),
  };
}

async function catchUp(world: World, reader: ReturnType<typeof followEvents>): Promise<void> {
  const { rows } = await world.ledger.query<{ last: number }>('select max(sequence)::int as last from events');
  await reader.reaches(rows[0]?.last ?? 0, CATCH_UP_MS);
  await reader.stop();
}

async function keepLogs({ workers, intakes, folder }: World): Promise<void> {
  for (const slot of [...workers, ...intakes]) await writeFile(join(folder, `${slot.name}.log`), slot.log());
}
