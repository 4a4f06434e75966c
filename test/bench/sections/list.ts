import type { Section } from '../figure.ts';
import { accept } from './accept.ts';
import { imports, million } from './imports.ts';
import { provisioning, workers } from './provisioning.ts';
import { fairness, latency, webhooks } from './times.ts';
import { growth, idle, profile, start } from './upkeep.ts';

/** THE sections of the bench, in the order in which they are measured. */
export const SECTIONS = {
  accept: { about: 'requests a second that intake accepts durably, beside its rivals', measure: accept, main: true },
  provisioning: {
    about: 'customers a second from accepted to active, and what each costs, beside rivals',
    measure: provisioning,
    main: true,
  },
  latency: { about: 'from POST to active, beside the same commits made by hand', measure: latency, main: true },
  fairness: { about: "what one client's long backlog does to another's time from POST to active", measure: fairness },
  webhooks: { about: "from a job's end to its receipt by webhook, alone and beside dead ones", measure: webhooks },
  imports: {
    about: 'rows a second from a file to active, tried dry before, and what that does to single jobs',
    measure: imports,
  },
  million: {
    about: 'a million rows, one in a hundred bad, and those mended; takes most of an hour and runs only when named',
    measure: million,
    named: true,
    backends: ['redis'],
  },
  workers: { about: 'what more workers bring', measure: workers },
  growth: { about: 'what a job costs beside a million customers and ten million events', measure: growth },
  idle: { about: 'what is used while nobody asks for anything', measure: idle },
  profile: {
    about: 'where the processor time of intake and worker goes; draws flame graphs into docs/',
    measure: profile,
    backends: ['redis'],
  },
  start: { about: 'from `start` on an empty folder to the first 202', measure: start, backends: ['postgres'] },
} as const satisfies Record<string, Section>;

export type SectionName = keyof typeof SECTIONS;
