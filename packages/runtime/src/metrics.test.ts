import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('two registries do not know each other, and samples carry the service', async () => {
  const [intake, worker] = [createMetrics({ service: 'intake' }), createMetrics({ service: 'worker' })];
  intake.counter({ name: 'jobs_total', help: 'Jobs', labels: ['type'] }).inc({ type: 'a' }, 2);
  worker.counter({ name: 'jobs_total', help: 'Jobs' }).inc();
  expect(await intake.text()).toContain('jobs_total{type="a",service="intake"} 2');
  expect(await worker.text()).toContain('jobs_total{service="worker"} 1');
  expect(await worker.text()).toContain('process_cpu_seconds_total');
});

test('gauges are collected at every reading, histograms keep their buckets', async () => {
  const metrics = createMetrics({ service: 's' });
  let depth = 0;
  metrics.gauge({ name: 'depth', help: 'Depth', collect: (gauge) => gauge.set(++depth) });
  metrics.histogram({ name: 'took_seconds', help: 'Took', buckets: [0.1, 1] }).observe(0.5);
  await metrics.text();
  const text = await metrics.text();
  expect(text).toContain('depth{service="s"} 2');
  expect(text).toContain('took_seconds_bucket{le="1",service="s"} 1');
});
