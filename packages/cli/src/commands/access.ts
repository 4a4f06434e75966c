import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { type ClientAnswer, type KeyAnswer, SCOPES } from '@qvara/contracts/clients';
import { each } from '../each.ts';
import type { Column } from '../output.ts';
import { intoSecretFile } from '../secret-file.ts';
import type { Open } from '../session.ts';
import { examples } from './examples.ts';
import { allOption, limitOption, pageLimit, showList } from './listing.ts';

const CLIENTS: readonly Column<ClientAnswer>[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['created', ({ createdAt }) => createdAt],
];
const KEYS: readonly Column<KeyAnswer>[] = [
  ['id', ({ id }) => id],
  ['client', ({ clientId }) => clientId],
  ['label', ({ label }) => label],
  ['scopes', ({ scopes }) => scopes],
  ['created', ({ createdAt }) => createdAt],
  ['revoked', ({ revokedAt }) => revokedAt],
];
const CLIENT_ARGUMENT = ['<client>', "a client's id: cli_ and 26 characters"] as const;

/** `qvara clients`, `qvara keys`: who may use the service. */
export function addAccess(program: CommandUnknownOpts, open: Open): void {
  const clients = program.command('clients').description('Upstream systems and resellers');

  clients
    .command('list')
    .description('List clients, the newest first')
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['clients list --all', 'every client']))
    .action(async (wish, self) => {
      const session = await open(self);
      const rows = session.client.clients.list({ limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: CLIENTS });
    });

  clients
    .command('add')
    .description('Add a client; it has no keys yet')
    .argument('<name>', 'what people call it')
    .addHelpText('after', examples(['clients add "Western Resale"', 'then: qvara keys add <client> ...']))
    .action(async (name, _, self) => {
      const { client, out, signal } = await open(self);
      await out.rows(each([await client.clients.add({ name }, { signal })]), CLIENTS);
    });

  addKeys(program.command('keys').description('The keys of clients'), open);
}

function addKeys(keys: CommandUnknownOpts, open: Open): void {
  keys
    .command('list')
    .description('List the keys of a client, revoked ones included; never their texts')
    .argument(...CLIENT_ARGUMENT)
    .addOption(limitOption())
    .addOption(allOption())
    .addHelpText('after', examples(['keys list cli_01k9zv6n3fe8prx2k1w3q4t5y6', 'and which are revoked']))
    .action(async (clientId, wish, self) => {
      const session = await open(self);
      const rows = session.client.keys.of(clientId).list({ limit: pageLimit(wish) }, { signal: session.signal });
      await showList(session, rows, { ...wish, shape: KEYS });
    });

  keys
    .command('add')
    .description('Make a key; its text goes into a file that only you can read, and is nowhere else')
    .argument(...CLIENT_ARGUMENT)
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .requiredOption('--to <file>', 'a new file for the text of the key')
    .option('--label <text>', 'what it is for')
    .addHelpText(
      'after',
      examples([
        'keys add cli_01k9zv6n3fe8prx2k1w3q4t5y6 --scope jobs:write jobs:read --label ordering --to ordering.key',
        'for an ordering system',
      ]),
    )
    .action(async (clientId, { scope: scopes, to, label }, self) => {
      const { client, out, signal } = await open(self);
      const made = await intoSecretFile(to, async () => {
        const { key: secret, ...shown } = await client.keys.add(clientId, { scopes, label }, { signal });
        return { secret, shown };
      });
      await out.rows(each([made]), KEYS);
      out.note(`The text of the key is in ${to}, and cannot be shown again.`);
    });

  keys
    .command('revoke')
    .description('Revoke a key: within two seconds it opens nothing any more')
    .argument('<key>', "a key's id: key_ and 26 characters")
    .addHelpText('after', examples(['keys revoke key_01k9zv6n3fe8prx2k1w3q4t5y6', 'for good']))
    .action(async (id, _, self) => {
      const { client, out, signal } = await open(self);
      await out.rows(each([await client.keys.revoke(id, { signal })]), KEYS);
    });
}
