import type { FailureCode } from '@qvara/contracts/failure';
import { importId } from '@qvara/contracts/ids';
import { importAnswer } from '@qvara/contracts/imports';
import { cancelImport, pauseImport, resumeImport, runImport } from '@qvara/store/import-control';
import { z } from 'zod';
import { importReply } from './import-reply.ts';
import { route } from './route.ts';

const params = z.strictObject({ id: importId });

type Control = {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly refusal: FailureCode;
  readonly verb: typeof runImport;
};

const CONTROLS: readonly Control[] = [
  {
    name: 'run',
    summary: 'Run an import that is ready after a dry run',
    description: 'Does what was shown: a row for which something else would happen by now fails, and says so.',
    refusal: 'import-not-runnable',
    verb: runImport,
  },
  {
    name: 'pause',
    summary: 'Pause an import',
    description: 'No more rows begin; those that run end.',
    refusal: 'import-not-pausable',
    verb: pauseImport,
  },
  {
    name: 'resume',
    summary: 'Let a paused import go on',
    description: 'What has failed until now counts against no error budget any more.',
    refusal: 'import-not-resumable',
    verb: resumeImport,
  },
  {
    name: 'cancel',
    summary: 'Cancel an import',
    description: 'Rows that have not begun are skipped; those that run end as they end. What was brought in stays.',
    refusal: 'import-not-cancellable',
    verb: cancelImport,
  },
];

export const IMPORT_CONTROL_ROUTES = CONTROLS.map(({ name, summary, description, refusal, verb }) =>
  route({
    method: 'post',
    path: `/v1/imports/{id}/${name}`,
    id: `${name}Import`,
    tag: 'Imports',
    scope: 'imports:write',
    summary,
    description,
    params,
    answers: {
      202: {
        description: 'The import as it is now',
        schema: importAnswer,
        headers: { Location: 'Where the import is followed' },
      },
    },
    refusals: [refusal],
    handle: async (parts, { viewer, path }) => {
      const row = await verb(parts.ledger, parts.announce, { importId: path.id, viewer });
      return await importReply(parts, row, 202);
    },
  }),
);
