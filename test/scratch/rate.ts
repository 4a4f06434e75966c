import { readFileSync } from 'node:fs';
import { openCaller } from '../bench/caller.ts';
import { samplePayload } from '../bench/rivals/accepted.ts';
import { addSeats, onSite } from '../bench/site.ts';
import { startConsumer } from '../support/consumer.ts';
import { eventually } from '../support/eventually.ts';

const backend = (process.argv[2] ?? 'redis') as 'redis' | 'postgres';
const JOBS = Number(process.argv[3] ?? 300);
const cpu = (pid: number) => {
  const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(f[11]) + Number(f[12])) * 10;
};
await onSite({ backend, env: { WEBHOOK_ALLOW: '127.0.0.1/32' } }, async (site) => {
  const [key = ''] = await site.keys(1);
  await addSeats(site, 2000);
  const caller = openCaller(site.intakes[0]?.url ?? '', key, 32);
  const well = await startConsumer();
  const { text } = await caller.post('/v1/webhooks', { url: well.url });
  const { id, secret } = JSON.parse(text);
  well.secrets.push(secret);
  await site.ledger.query("update webhooks set state = 'disabled'");
  await Promise.all(
    Array.from({ length: JOBS }, (_, n) =>
      caller.post('/v1/jobs', { type: 'customer.provision', payload: samplePayload(n) }, { prefer: 'wait=60' }),
    ),
  );
  await eventually(
    async () =>
      (await site.ledger.query("select count(*)::int as n from jobs where state <> 'completed'")).rows[0].n === 0,
    { deadlineMs: 60000 },
  );
  const events = (await site.ledger.query('select max(last)::int as n from event_entries')).rows[0].n;
  await new Promise((r) => setTimeout(r, 3000));
  const w = site.workers[0]!.pid;
  const c0 = cpu(w);
  const own0 = process.cpuUsage();
  const t0 = performance.now();
  await site.ledger.query("update webhooks set state = 'enabled'");
  await site.ledger.query("select pg_notify('qvara_events', '')");
  await eventually(() => well.received.length >= 1, { deadlineMs: 60000 });
  const t1 = performance.now();
  await eventually(() => new Set(well.received.map(({ id }) => id)).size >= events, {
    deadlineMs: 300000,
    describe: () => `${well.received.length}/${events}`,
  });
  const t2 = performance.now();
  const own = process.cpuUsage(own0);
  console.log(
    JSON.stringify({
      backend,
      events,
      first: t1 - t0,
      rate: (events / (t2 - t1)) * 1000,
      workerCpuMs: cpu(w) - c0,
      perEventMs: (cpu(w) - c0) / events,
      ownCpuMs: (own.user + own.system) / 1000,
      repeats: well.received.length - events,
    }),
  );
  // then single jobs, one after another
  const late: number[] = [];
  for (let n = 0; n < 40; n++) {
    const before = well.received.length;
    await caller.post('/v1/jobs', { type: 'customer.provision', payload: samplePayload(n) }, { prefer: 'wait=60' });
    await eventually(() => well.received.length >= before + 22, { deadlineMs: 60000 });
    late.push(well.received.findLast(({ type }) => type === 'qvara.job.completed.v1')!.lateMs);
    await new Promise((r) => setTimeout(r, 100 + 50 * Math.random()));
  }
  console.log('single jobs, ms', late.sort((a, b) => a - b).join(' '));
  await Promise.all([caller.close(), well.close()]);
});
