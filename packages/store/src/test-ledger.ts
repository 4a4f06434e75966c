import type { Bell, JobRequest } from '@qvara/contracts/jobs';
import { acceptVerb } from './accept.ts';
import type { AcceptItem } from './accept-item.ts';
import { advanceVerb } from './advance.ts';
import { claimVerb } from './claim.ts';
import { coalesce } from './coalesce.ts';
import type { News } from './commit.ts';
import { addContainer } from './containers.ts';
import { closeLedger, type LedgerSettings, openLedger } from './orm.ts';
import { sqlOn } from './sql.ts';
import { beat } from './workers.ts';

let made = 0;

/** An id that no other test of this file has. */
export function freshId(prefix: string): string {
  made += 1;
  return `${prefix}_${String(made).padStart(26, '0')}`;
}

export type Process = Awaited<ReturnType<typeof openProcess>>;

/** The ledger as one process has it: its own connections, its own batches, and the bells it was told to ring. */
export async function openProcess(databaseUrl: string, settings: Partial<LedgerSettings> = {}) {
  const ledger = await openLedger({
    databaseUrl,
    clientWindow: 1_000,
    quarantineDays: 30,
    sipDomain: 'sip.test',
    ...settings,
  });
  // A worker that takes all it is given, so that the window alone bounds what is rung.
  const able = [{ id: 'wrk_able', slots: 1_000_000, sharedSlots: 1_000_000 }];
  await beat(sqlOn(ledger.pool), able);
  const bells: Bell[] = [];
  const ofJob = (bell: News['bells'][number]): bell is Bell => bell.queue !== 'imports';
  const announce = (news: Pick<News, 'bells'>) => void bells.push(...news.bells.filter(ofJob));
  return {
    ledger,
    /** Bells in the order they were to be rung. */
    bells,
    announce,
    workerId: freshId('wrk'),
    accept: coalesce(acceptVerb(ledger, announce)),
    claim: coalesce(claimVerb(ledger, announce)),
    advance: coalesce(advanceVerb(ledger, announce)),
    /** Rows of a query of the test's own. */
    async rows<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
      return (await ledger.pool.query<R>(text, values)).rows;
    },
    /** The bells of a job that were to be rung so far. */
    bellsOf: (jobId: string) => bells.filter((bell) => bell.jobId === jobId),
    close: () => closeLedger(ledger),
  };
}

/** Adds a container with room for so many. */
export async function addRoom({ ledger, announce }: Process, capacity: number, region = 'local'): Promise<string> {
  const by = { keyId: 'key_test', clientId: 'cli_test' };
  const { id } = await addContainer(ledger, announce, { by, container: { label: 'A box', region, capacity } });
  return id;
}

type Wish = Partial<Omit<AcceptItem, 'request'>> & { readonly externalId?: string };
const CUSTOMER = { name: 'ABC Dental', serviceType: 'hosted-pbx', industry: 'dental' };

/** A request that sets up a customer. */
export function provision(wish: Wish = {}, payload: { externalRef?: string; region?: string; name?: string } = {}) {
  return asked(wish, { type: 'customer.provision', payload: { ...CUSTOMER, ...payload } });
}

/** A request that changes a customer's name. */
export function rename(target: { customerId: string } | { customerRef: string }, wish: Wish = {}) {
  return asked(wish, { type: 'customer.update', ...target, payload: { name: 'Another name' } });
}

function asked({ externalId, ...wish }: Wish, request: JobRequest): AcceptItem {
  return {
    jobId: freshId('job'),
    newCustomerId: freshId('cus'),
    clientId: 'cli_test',
    byAdmin: false,
    fingerprint: 'as sent',
    idempotencyKey: null,
    request: externalId === undefined ? request : { ...request, externalId },
    ...wish,
  };
}

/** Accepts a request that must be acceptable. Answers its job. */
export async function accepted({ accept }: Process, item: AcceptItem) {
  const answer = await accept(item);
  if (answer.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  return answer.job;
}
