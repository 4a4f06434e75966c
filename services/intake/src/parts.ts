import type { QueueBackend } from '@qvara/queue/backend';
import type { Sealer } from '@qvara/runtime/crypto';
import type { Logger } from '@qvara/runtime/logger';
import type { Metrics } from '@qvara/runtime/metrics';
import type { Probes } from '@qvara/runtime/probes';
import type { AcceptAnswer, acceptVerb } from '@qvara/store/accept';
import type { Announce } from '@qvara/store/commit';
import type { Follower } from '@qvara/store/follower';
import type { Ledger } from '@qvara/store/orm';
import type { KeyRing } from './key-ring.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ReferenceSource } from './reference-source.ts';
import type { StreamSlots } from './stream-slots.ts';
import type { Targets } from './targets.ts';
import type { UploadSlots } from './upload-slots.ts';

type AcceptItem = Parameters<ReturnType<typeof acceptVerb>>[0][number];

/** The interface and its events as documents: for programs, and for people. */
export type Documents = {
  openApi(): unknown;
  asyncApi(): unknown;
  page(): string;
  eventsPage(): string;
  /** The schema of a CloudEvents type; undefined when there is no such type. */
  eventSchema(type: string): object | undefined;
};

/** What the routes work with: opened once, closed once. */
export type Parts = {
  readonly ledger: Ledger;
  /** Accepts one request; those that come together are committed together. */
  readonly accept: (item: AcceptItem) => Promise<AcceptAnswer>;
  readonly announce: Announce;
  /** Tells the queues which of them are paused. False when they cannot be told: workers do it later. Never rejects. */
  readonly applyPauses: () => Promise<boolean>;
  readonly keys: KeyRing;
  readonly reference: ReferenceSource;
  readonly follower: Follower;
  readonly streams: StreamSlots;
  readonly uploads: UploadSlots;
  /** Rings an import for which there may be something to do. Does not wait: rescue rings what is not rung. */
  readonly ringImport: (importId: string) => void;
  /** Whoever sends a file and is silent for so long has gone. */
  readonly uploadIdleMs: number;
  readonly sealer: Sealer;
  readonly targets: Targets;
  readonly rateLimit: RateLimit | null;
  readonly backend: Pick<QueueBackend, 'ping'>;
  readonly probes: Probes;
  readonly documents: Documents;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Aborted when the service stops: nobody is made to wait any longer. */
  readonly stopping: AbortSignal;
};
