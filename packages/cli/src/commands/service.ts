import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Open } from '../session.ts';
import { examples } from './examples.ts';

/** Anything else is the type of an event. */
const DOCUMENTS = ['openapi', 'asyncapi'] as const;

/** `qvara ready`, `qvara document`: the service itself. */
export function addService(program: CommandUnknownOpts, open: Open): void {
  program
    .command('ready')
    .description('Tell whether the service can accept; exit status 1 when it cannot now')
    .addHelpText('after', examples(['ready', 'before a script begins']))
    .action(async (_, self) => {
      const { client, out, signal, endBadly } = await open(self);
      const ready = await client.service.ready({ signal });
      out.result({ ready }, () => (ready ? 'ready' : 'not ready'));
      if (!ready) endBadly();
    });

  program
    .command('document')
    .description('Print a document that describes the interface, as JSON')
    .argument('<which>', `${DOCUMENTS.join(', ')}, or a type of event for its JSON Schema`)
    .addHelpText(
      'after',
      examples(
        ['document openapi > openapi.json', 'to generate clients from'],
        ['document qvara.job.completed.v1', 'what is told of a job that was completed'],
      ),
    )
    .action(async (which, _, self) => {
      const { client, out, signal } = await open(self);
      const known = DOCUMENTS.find((name) => name === which);
      const { service } = client;
      const document = await (known ? service[known]({ signal }) : service.eventSchema(which, { signal }));
      out.result(document, () => JSON.stringify(document, null, 2));
    });
}
