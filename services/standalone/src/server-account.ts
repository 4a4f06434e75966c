import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/** The whole environment of the server: it needs none of ours, and our secrets are none of its business. */
export const systemEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/** How to start PostgreSQL as somebody it accepts: it refuses to run as root. */
export type ServerAccount = {
  /** Put before the command line. */
  prefix: string[];
  /** Given to spawn; absent: the caller's own. */
  owner?: { uid: number; gid: number };
};

/**
 * Chooses the account that runs the server of `folder` with the program `postgres`. An ordinary user runs it as itself.
 * Root runs it in a user namespace, where the same files belong to "nobody"; where namespaces are forbidden, as the
 * owner of the parent folder or as nobody. Throws with a remedy when neither can reach the program and the folder.
 */
export function chooseServerAccount(folder: string, postgres: string): ServerAccount {
  if (process.platform === 'win32' || isOrdinaryUser()) return { prefix: [] };
  const parent = dirname(folder);
  const nobody = findNobody();
  const mapped = ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`, '--'];
  const accounts: ServerAccount[] = [{ prefix: mapped }];
  if (process.getuid?.() === 0) {
    const { uid, gid } = statSync(parent);
    accounts.push({ prefix: [], owner: uid === 0 ? nobody : { uid, gid } });
  }
  for (const account of accounts) {
    openParent(parent, account);
    if (canReach(account, parent, postgres)) return account;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, user namespaces are forbidden here, and "nobody" cannot reach ${parent} and ${postgres}. ` +
      'Start as an ordinary user, or move the checkout and DATA_DIR to folders that everybody may enter, or set DATABASE_URL.',
  );
}

/** Gives `path` and everything in it to the account, if it belongs to somebody else. Only root has to. */
export function giveTo(account: ServerAccount, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = account.owner ?? { uid: 0, gid: 0 };
  if (statSync(path).uid === uid) return;
  chownSync(path, uid, gid);
  if (!statSync(path).isDirectory()) return;
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) lchownSync(join(path, entry), uid, gid);
}

function isOrdinaryUser(): boolean {
  if (process.getuid?.() === 0) return false;
  try {
    userInfo();
    return true;
  } catch {
    // A user without a name (a container started with an arbitrary uid): initdb wants one.
    return false;
  }
}

function findNobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(-?\d+):(-?\d+):/m);
  const [uid, gid] = [Number(line?.[1] ?? 65_534), Number(line?.[2] ?? 65_534)];
  return { uid: uid >>> 0, gid: gid >>> 0 };
}

/** A private folder lets the server's group pass through, and nobody look inside. */
function openParent(parent: string, { owner }: ServerAccount): void {
  const { uid, mode } = statSync(parent);
  if (!owner || uid === owner.uid || (mode & 0o001) !== 0) return;
  chownSync(parent, uid, owner.gid);
  chmodSync(parent, 0o710);
}

function canReach({ prefix, owner }: ServerAccount, parent: string, postgres: string): boolean {
  const [command, ...args] = [...prefix, '/bin/sh', '-c', 'cd "$0" && exec "$1" --version', parent, postgres];
  if (!command) return false;
  return spawnSync(command, args, { ...owner, cwd: '/', env: systemEnvironment, stdio: 'ignore' }).status === 0;
}
