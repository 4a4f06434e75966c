/** Single jobs count as being about for so long after one of them began or ended. */
const LINGERS_MS = 1_000;

/** Whether single jobs are about, to whom a crowd of rows leaves their speed. */
export type Company = {
  /** A single job has begun or ended, here or elsewhere. */
  note(): void;
  isAbout(): boolean;
};

export function createCompany(): Company {
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    note() {
      untilMs = performance.now() + LINGERS_MS;
    },
    isAbout: () => performance.now() < untilMs,
  };
}
