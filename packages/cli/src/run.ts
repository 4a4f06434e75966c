import { complaintOf, tell } from './complaint.ts';
import { EXIT } from './exit-status.ts';
import { createProgram } from './program.ts';
import { type Globals, type Ground, opener } from './session.ts';

/** Runs a command line; answers the exit status. What is thrown is a defect. */
export async function run(argv: readonly string[], ground: Ground): Promise<number> {
  let status: number = EXIT.done;
  const open = opener(ground, () => {
    status = EXIT.endedBadly;
  });
  const program = createProgram(open, ground);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    const complaint = complaintOf(error, ground.signal);
    const { json = false }: Globals = program.opts();
    tell(complaint, json, ground.stderr);
    return complaint.status;
  }
}
