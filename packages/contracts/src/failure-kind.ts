/** Failures are named after who must act: the sender, the sender, time, nobody yet, an operator. */
export const FAILURE_KINDS = ['invalid', 'refused', 'not-ready', 'unavailable', 'broken'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What a failure code stands for. `status` is the HTTP status where it is answered at once. */
export type FailureCodeDefinition = {
  readonly kind: FailureKind;
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
};
