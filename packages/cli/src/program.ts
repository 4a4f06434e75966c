import { Command } from '@commander-js/extra-typings';
import { addAccess } from './commands/access.ts';
import { addCompletion } from './commands/completion.ts';
import { addContainers } from './commands/containers.ts';
import { addCustomers } from './commands/customers.ts';
import { addEvents } from './commands/events.ts';
import { addImport, addImports } from './commands/imports.ts';
import { addJobs } from './commands/jobs.ts';
import { addPin } from './commands/pin.ts';
import { addProvision } from './commands/provision.ts';
import { addQueues } from './commands/queues.ts';
import { addReference } from './commands/reference.ts';
import { addService } from './commands/service.ts';
import { addSettings } from './commands/settings.ts';
import { addWebhooks } from './commands/webhooks.ts';
import { EXIT_HELP, EXIT_LINE } from './exit-status.ts';
import { DEFAULT_KEY_FILE } from './find-key.ts';
import { DEFAULT_URL, type Ground, type Open } from './session.ts';

const ABOUT = 'Provisions customers of Qvara and keeps their settings.';
const KEY_HELP = `The key comes from --key-file, else from QVARA_API_KEY, else from ${DEFAULT_KEY_FILE} where that is there. It is
never an argument, and never printed. NO_COLOR=1 takes the colours away.`;

/** The whole command line. */
export function createProgram(open: Open, { stdout, stderr }: Pick<Ground, 'stdout' | 'stderr'>): Command {
  const program = new Command('qvara')
    .description(ABOUT)
    .option('--json', 'print results as JSON, one value a line, and nothing else')
    .option('--url <url>', `where intake answers (QVARA_URL; default: ${DEFAULT_URL})`)
    .option('--key-file <file>', `a file that holds the API key (default: ${DEFAULT_KEY_FILE})`)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    })
    .exitOverride()
    .addHelpText(
      'afterAll',
      ({ command }) => `\n${command.parent === null ? `${KEY_HELP}\n\n${EXIT_HELP}` : EXIT_LINE}`,
    );

  program.commandsGroup('Customers:');
  addProvision(program, open);
  addCustomers(program, open);
  addSettings(program, open);
  addPin(program, open);
  program.commandsGroup('Imports:');
  addImport(program, open);
  addImports(program, open);
  program.commandsGroup('What happens:');
  addJobs(program, open);
  addEvents(program, open);
  addWebhooks(program, open);
  program.commandsGroup('Operation:');
  addContainers(program, open);
  addQueues(program, open);
  addReference(program, open);
  addAccess(program, open);
  addService(program, open);
  addCompletion(program, stdout);
  return program as unknown as Command;
}
