import type { ImportAnswer } from '@qvara/contracts/imports';
import type { Standing } from '../progress.ts';
import type { Session } from '../session.ts';
import { importText, paceText } from '../views/import.ts';
import { withTimeout } from './watch-job.ts';

/** Follows an import until it does not go on by itself, with a bar that shows its rows. */
export async function watchImport(session: Session, id: string, timeoutSeconds?: number): Promise<ImportAnswer> {
  const { client, out } = session;
  const signal = withTimeout(session.signal, timeoutSeconds);
  const progress = session.progress();
  let last: ImportAnswer | undefined;
  try {
    for await (const answer of client.imports.watch(id, { signal })) {
      last = answer;
      progress.show(standingOf(answer));
    }
    return last ?? (await client.imports.get(id, { signal }));
  } catch (error) {
    progress.stop();
    if (signal.aborted) out.note(`${id} goes on; see it by: qvara imports watch ${id}`);
    throw error;
  } finally {
    progress.stop();
  }
}

/** How far an import has come, in a few words. */
export function standingOf({ id, state, totals, progress, paused }: ImportAnswer): Standing {
  const { rows, create, update, unchanged, invalid, conflict, done, failed, skipped } = totals;
  const checked = create + update + unchanged + invalid + conflict;
  const ended = state === 'receiving' || state === 'checking' ? checked : done + failed + skipped;
  const words = [id, state, failed > 0 ? `${failed} failed` : '', paused?.detail ?? '', paceText(progress)];
  return { done: ended, total: rows, words: words.filter((word) => word !== '').join(' ') };
}

/** Shows an import that was followed; the exit status says whether all its rows are well. */
export function showImportEnd({ out, endBadly }: Session, answer: ImportAnswer): void {
  out.result(answer, () => importText(answer, out.paint));
  const { state, totals } = answer;
  const well = (state === 'completed' || state === 'ready') && totals.failed === 0;
  if (!well) endBadly();
  if (totals.failed > 0) out.note(`See the failed rows by: qvara imports failed ${answer.id}`);
  else if (state === 'ready') out.note(`Start it by: qvara imports run ${answer.id} --watch`);
}
