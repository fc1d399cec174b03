/**
 * Giving a temp file its name. An update exchanges the two files in one step of the kernel, so that whatever lay there, a
 * save of a moment ago included, comes out whole into `.larder/tmp` and can be looked at (DESIGN 4). A create never replaces,
 * a delete is a rename into `.larder/tmp`.
 *
 *        target before          method            target after   displaced
 *        ---------------------  ----------------  -------------  ------------------------------
 *        as expected            exchange          the new file   the old one
 *        as expected            link and rename   the new file   the old one, unless it was replaced in
 *                                                                the microseconds between the two calls
 *        absent, as expected    link or rename    the new file   nothing
 *        anything else          none              as it was      nothing: `occupied`
 */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import { attempt } from '../host/durable-files.ts';
import type { FileStat } from '../host/ports.ts';
import { linkAway, renameAway, renameBack, statOfOut, stillOurs } from './displacing.ts';
import { codeOf } from './failures.ts';
import { lastsTheSwap } from './lasting-identity.ts';
import { checkParents, type Parents } from './parents.ts';
import type { SwapMethod } from './probe-swap.ts';
import { discardTemp, tempName, type Temp, type WriteWorld } from './temp.ts';

export interface SwapWorld extends WriteWorld {
  readonly swap: SwapMethod;
}

export interface Placement {
  /** Absolute path. */
  readonly target: string;
  /** What goes there; or the digest of what is to be removed. */
  readonly temp: Temp | { readonly removes: Digest };
  /** What was judged to be there. */
  readonly expected: StatKey | 'absent';
  /** What was judged may be unknown to the log, or was looked at too soon for its stat identity to prove anything. */
  readonly unproven?: boolean;
  /** The temp file is the only copy of its bytes: it stays where it is when the place is occupied. */
  readonly isOnlyCopy?: boolean;
}

/** A file that was brought out of the tree. */
interface DisplacedFile {
  /** Absolute, in `.larder/tmp`. */
  readonly file: string;
  /** As it came out, when it is what was judged; null when its bytes may be known to nobody. */
  readonly known: StatKey | null;
}

export type Placed =
  | { readonly kind: 'placed'; readonly placed: Temp | null; readonly displaced: DisplacedFile | null }
  /** Something else is there, later than what was judged: it stays, the temp file is gone, unless it is the only copy. */
  | { readonly kind: 'occupied' };

const OCCUPIED: Placed = { kind: 'occupied' };

/**
 * Looks once more, then swaps. Throws what the disk says, and `root_gone` and `other_device` when the place is another one by
 * now; then nothing was changed, and the temp file is left.
 */
export function place(world: SwapWorld, placement: Placement): Placed {
  const { target, temp } = placement;
  // A directory above that became a symlink would lead the write out of the root.
  const isSound = isSoundPlace(checkParents(world, target.slice(world.root.length + 1)));
  if ('removes' in temp) return isSound ? remove(world, placement, temp.removes) : OCCUPIED;
  const placed = isSound && isExpected(world, placement) ? put(world, placement, temp) : OCCUPIED;
  if (placed.kind === 'occupied' && placement.isOnlyCopy !== true) discardTemp(world, temp);
  return placed;
}

function isSoundPlace(parents: Parents): boolean {
  if (typeof parents === 'string') return parents === 'sound';
  if (parents.why === 'root-gone') throw new LarderError('root_gone', parents.detail);
  if (parents.why === 'other-device') throw new LarderError('other_device', parents.detail);
  return false;
}

function isExpected(world: SwapWorld, { target, expected }: Placement): boolean {
  const now = world.fs.lstat(target);
  return now ? statKeyOf(now) === expected : expected === 'absent';
}

function put(world: SwapWorld, placement: Placement, temp: Temp): Placed {
  try {
    if (placement.expected === 'absent') return create(world, placement, temp);
    return world.swap.exchange ? exchange(world, placement, temp) : replace(world, placement, temp);
  } catch (error) {
    // EEXIST, or ENOENT where something was: both came after the look.
    if (codeOf(error) === 'EEXIST' || (codeOf(error) === 'ENOENT' && world.fs.lstat(temp.file))) return OCCUPIED;
    throw error;
  }
}

function create(world: SwapWorld, { target }: Placement, temp: Temp): Placed {
  if (world.swap.noReplace) world.fs.renameNoReplace(temp.file, target);
  else if (world.swap.links) {
    world.fs.link(temp.file, target);
    // Done: what is left of the temp file is a second name, which the next start removes.
    attempt(() => world.fs.unlink(temp.file));
  } else world.fs.rename(temp.file, target);
  return { kind: 'placed', placed: temp, displaced: null };
}

function exchange(world: SwapWorld, placement: Placement, temp: Temp): Placed {
  const { target } = placement;
  world.fs.exchange(temp.file, target);
  const out = statOfOut(world, temp.file);
  if (out === 'unseen') return unseenOver(temp, temp.file);
  if (out?.kind === 'file') return placedOver(placement, temp, temp.file, out);
  // A directory or a symlink took the name since the look: it is nobody's version and goes back.
  world.fs.exchange(temp.file, target);
  return OCCUPIED;
}

/**
 * Where files cannot be exchanged: the old one is kept under a second name, or away from its name where there are no links,
 * and looked at before the new one takes its place.
 */
function replace(world: SwapWorld, placement: Placement, temp: Temp): Placed {
  const { target, expected } = placement;
  const kept = `${temp.file}-old`;
  const out = world.swap.links ? linkAway(world, target, kept) : renameAway(world, target, kept);
  if (out === 'gone' || out === 'not-a-file') return OCCUPIED;
  try {
    if (out === 'unseen' || !lastsTheSwap(out, expected)) return letGo(world, kept, target);
    world.fs.rename(temp.file, target);
  } catch (error) {
    letGo(world, kept, target);
    throw error;
  }
  const last = statOfOut(world, kept);
  return last === 'unseen' ? unseenOver(temp, kept) : placedOver(placement, temp, kept, last ?? out);
}

function letGo(world: SwapWorld, kept: string, target: string): Placed {
  if (world.swap.links) world.fs.unlink(kept);
  else renameBack(world, kept, target);
  return OCCUPIED;
}

/** The swap is done and stands, whatever the disk says now. What came out is read before it goes. */
const unseenOver = (temp: Temp | null, file: string): Placed => ({
  kind: 'placed',
  placed: temp,
  displaced: { file, known: null },
});

function placedOver({ expected, unproven }: Placement, temp: Temp | null, file: string, out: FileStat): Placed {
  return {
    kind: 'placed',
    placed: temp,
    displaced: { file, known: unproven !== true && lastsTheSwap(out, expected) ? statKeyOf(out) : null },
  };
}

function remove(world: SwapWorld, placement: Placement, removes: Digest): Placed {
  const { target } = placement;
  const file = tempName(world, removes);
  if (world.fs.lstat(target) && !isExpected(world, placement)) return OCCUPIED;
  const out = renameAway(world, target, file);
  if (out === 'gone') return { kind: 'placed', placed: null, displaced: null };
  if (out === 'unseen') return unseenOver(null, file);
  return out === 'not-a-file' ? OCCUPIED : placedOver(placement, null, file, out);
}

/**
 * Undoes a placement of a moment ago; the temp file has its name again, because until the refusal is on the disk it may be the only copy
 * of what the log says. An edit that came meanwhile is later than both and stays.
 */
export function takeBack(world: SwapWorld, target: string, placement: Placed): void {
  if (placement.kind === 'occupied') return;
  const { placed, displaced } = placement;
  if (placed && !stillOurs(world, target, placed.stat)) return;
  if (placed && displaced && world.swap.exchange) return exchangeBack(world, target, placed, displaced.file);
  if (placed) takeAway(world, target, placed);
  if (displaced) renameBack(world, displaced.file, target);
}

function exchangeBack(world: SwapWorld, target: string, temp: Temp, file: string): void {
  world.fs.exchange(file, target);
  if (!stillOurs(world, file, temp.stat)) world.fs.exchange(file, target);
}

function takeAway(world: SwapWorld, target: string, temp: Temp): void {
  const away = `${temp.file}-back`;
  const out = renameAway(world, target, away);
  if (out === 'gone' || out === 'not-a-file') return;
  renameBack(world, away, stillOurs(world, away, temp.stat) ? temp.file : target);
}
