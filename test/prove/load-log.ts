import { appendFileSync } from 'node:fs';

/** A 202 as the load saw it. */
export type Accepted = { readonly key: string; readonly jobId: string; readonly type: string };

/** The load's own memory, which no fault can reach. */
export type LoadLog = {
  readonly accepted: Accepted[];
  /** How often each answer came, by status and code. */
  readonly answers: Map<string, number>;
  accept(entry: Accepted): void;
  hear(status: number, code: string): void;
};

/** Opens a log that is also written to a file, line by line. */
export function openLoadLog(file: string): LoadLog {
  const accepted: Accepted[] = [];
  const answers = new Map<string, number>();
  return {
    accepted,
    answers,
    accept(entry) {
      accepted.push(entry);
      appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
    },
    hear(status, code) {
      const name = `${status} ${code}`.trim();
      answers.set(name, (answers.get(name) ?? 0) + 1);
    },
  };
}
