import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type Named = { readonly name: string; readonly help: string };

type GaugeOptions<L extends string> = Named & {
  readonly labels?: readonly L[];
  readonly collect?: (gauge: Gauge<L>) => void | Promise<void>;
};

export type Metrics = {
  readonly contentType: string;
  /** All metrics in Prometheus' text form. */
  text(): Promise<string>;
  counter<L extends string = never>(options: Named & { readonly labels?: readonly L[] }): Counter<L>;
  /** `collect` runs at every reading and may set the gauge. */
  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L>;
  /** `buckets` are upper bounds in the metric's own unit; seconds by convention. */
  histogram<L extends string = never>(
    options: Named & { readonly labels?: readonly L[]; readonly buckets: readonly number[] },
  ): Histogram<L>;
};

/** A registry of its own with the process's metrics; every sample carries the service's name. */
export function createMetrics(options: { readonly service: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: ({ labels = [], ...named }) => new Counter({ ...named, labelNames: [...labels], registers }),
    gauge: <L extends string>({ labels = [], collect, ...named }: GaugeOptions<L>) => {
      const gauge: Gauge<L> = new Gauge<L>({
        ...named,
        labelNames: [...labels],
        registers,
        ...(collect ? { collect: () => collect(gauge) } : {}),
      });
      return gauge;
    },
    histogram: ({ labels = [], buckets, ...named }) =>
      new Histogram({ ...named, labelNames: [...labels], buckets: [...buckets], registers }),
  };
}
