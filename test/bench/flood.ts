import { openCaller } from './caller.ts';

// A process of its own, so that the load of one client does not slow the measuring of another:
// flood.ts <url> <key> <jobs> <connections>
const [url = '', key = '', jobs = '0', connections = '16'] = process.argv.slice(2);
const caller = openCaller(url, key, Number(connections));
let left = Number(jobs);

async function post(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const body = {
      type: 'customer.provision',
      payload: { name: `Customer ${left}`, serviceType: 'hosted-pbx', industry: 'dental' },
    };
    const { status, text } = await caller.post('/v1/jobs', body);
    if (status !== 202) throw new Error(`not accepted: ${status} ${text}`);
  }
}

await Promise.all(Array.from({ length: Number(connections) }, post));
await caller.close();
