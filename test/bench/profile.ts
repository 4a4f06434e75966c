import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendName } from '../support/stack.ts';
import { type Frame, readProfile } from './cpu-profile.ts';
import { drawFlameGraph } from './flame-graph.ts';
import { load } from './load.ts';
import { provisionRepeatedly } from './provisioning.ts';
import { onSite } from './site.ts';

const CONNECTIONS = 64;
const SAMPLE_US = 250;
const DOCS = new URL('../../docs/', import.meta.url);

/** Where the time of intake goes while it accepts, and that of a worker while it provisions so many customers. */
export async function profileServices(
  backend: BackendName,
  jobs: number,
): Promise<Readonly<Record<'intake' | 'worker', Frame>>> {
  const folder = await mkdtemp(join(tmpdir(), 'qvara-profile-'));
  const env = { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=${SAMPLE_US}` };
  try {
    const intake = await onSite({ backend, workers: 0, env }, async (site) => {
      const [key = ''] = await site.keys(1);
      await load({ url: site.intakes[0]?.url ?? '', key, requests: jobs, connections: CONNECTIONS, keyed: true });
      return site.intakes[0]?.pid ?? 0;
    });
    const worker = await onSite({ backend, env }, async (site) => {
      const [key = ''] = await site.keys(1);
      await provisionRepeatedly(site, key, { jobs, times: 1 });
      return site.workers[0]?.pid ?? 0;
    });
    return { intake: await readProfile(folder, intake), worker: await readProfile(folder, worker) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Draws the profiles into docs/. */
export async function publishProfiles(profiles: Readonly<Record<string, Frame>>): Promise<void> {
  for (const [name, profile] of Object.entries(profiles)) {
    const title = `${name}: who called whom, by processor time; ours blue, libraries orange, Node grey`;
    await writeFile(new URL(`profile-${name}.svg`, DOCS), `${await drawFlameGraph(profile, title)}\n`);
  }
}
