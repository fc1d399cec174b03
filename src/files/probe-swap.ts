import { digestOf } from '../core/digest.ts';
import { codeOf } from './failures.ts';
import { tempName, type WriteWorld } from './temp.ts';

/** What the file system below the root can do. `/readyz` names what is missing. */
export interface SwapMethod {
  /** RENAME_EXCHANGE: no edit is ever lost by a swap. */
  readonly exchange: boolean;
  /** RENAME_NOREPLACE. */
  readonly noReplace: boolean;
  /** Hard links. */
  readonly links: boolean;
}

type ProbeWorld = Pick<WriteWorld, 'fs' | 'random' | 'tmp'>;

const NOTHING = new Uint8Array();
const LACKING = new Set(['ENOSYS', 'EINVAL', 'EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK', 'EXDEV']);
/** Works on nearly every file system; taken when a full disk leaves no room to find out. */
const CAREFUL: SwapMethod = { exchange: false, noReplace: false, links: true };

/** Tries each call on two empty files in `.larder/tmp`. Asked once, when a root is opened: it stays on its file system. */
export function probeSwap(world: ProbeWorld): SwapMethod {
  const [a, b, c] = [emptyName(world), emptyName(world), emptyName(world)];
  try {
    for (const file of [a, b]) world.fs.close(world.fs.open(file, 'create-new'));
    const exchange = works(() => world.fs.exchange(a, b));
    const links = works(() => world.fs.link(a, c));
    if (links) world.fs.unlink(c);
    return { exchange, links, noReplace: works(() => world.fs.renameNoReplace(a, c)) };
  } catch {
    return CAREFUL;
  } finally {
    for (const file of [a, b, c]) if (world.fs.lstat(file)) world.fs.unlink(file);
  }
}

const emptyName = (world: ProbeWorld): string => tempName(world, digestOf(NOTHING));

function works(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (LACKING.has(codeOf(error))) return false;
    throw error;
  }
}
