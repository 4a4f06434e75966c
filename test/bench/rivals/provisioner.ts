import type { Spread } from '../figures.ts';

/** Where a rival works: a ledger and a sandbox platform that are migrated, its own, and on the product's servers. */
export type ProvisionerPlan = {
  readonly ledgerUrl: string;
  readonly platformUrl: string;
  /** Null where there is none; only `plain` needs it. */
  readonly redisUrl: string | null;
  /** Keeps its queue apart from others on the same Redis. */
  readonly prefix?: string;
  /** Jobs, or connections, at once. Default: 16. */
  readonly concurrency?: number;
  /** How events get their numbers. Default: dense. */
  readonly numbering?: Numbering;
};

/**
 * `dense`: by the ledger's own function, in the order of commits and without gaps, as the product does. `sequence`: by a
 * sequence, with no lock: quicker, but a reader that resumes may miss what commits late.
 */
export type Numbering = 'dense' | 'sequence';

export type ProvisionerRun = {
  readonly jobs: number;
  readonly seconds: number;
  /** How long each job took, or each batch where several are done together. */
  readonly spread: Spread;
};

/** Another way to provision customers, writing the same rows. Accepting and running may alternate, as for a warm-up. */
export type Provisioner = {
  readonly name: string;
  /** Makes so many jobs durable: their customers, lanes, first events, and messages where there is a queue. */
  accept(jobs: number): Promise<void>;
  /** Carries out what was accepted. The clock runs from the first job's start until the last customer is active. */
  run(): Promise<ProvisionerRun>;
  close(): Promise<void>;
};

export const CONCURRENCY = 16;
/** The product's default. */
export const SIP_DOMAIN = 'sip.qvara.test';
