/** What the exit status says. Scripts rely on it: it is in the help of every command. */
export const EXIT = {
  done: 0,
  endedBadly: 1,
  usage: 2,
  refused: 3,
  unavailable: 4,
  stillUnderWay: 5,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP = `Exit status:
  0    done
  1    the job or import has ended badly: failed, cancelled, with rows that failed; a webhook's test came to nothing
  2    the command line cannot be used as it stands; nothing was sent
  3    the service has refused
  4    the service cannot be reached, or is not available
  5    --timeout was over before the end; what was posted goes on
  130  interrupted by Ctrl-C; what was posted goes on`;

/** The same in short, for the help of each command. */
export const EXIT_LINE =
  'Exit status: 0 done, 1 ended badly, 2 usage, 3 refused, 4 unavailable, 5 --timeout over, 130 interrupted.';

/** A command line that cannot be used, in words for whoever typed it. */
export class UsageError extends Error {}
