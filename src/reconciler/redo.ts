/**
 * Completes what was cut off between the log's sync and the files (core/redo.ts decides): at opening after a crash, and later
 * where the disk refused. What it refuses again waits in the backlog, and is neither looked at nor written to before.
 */
import { LarderError } from '../core/errors.ts';
import { judgeRedo, type OnDisk } from '../core/redo.ts';
import { statKeyOf } from '../core/stat-key.ts';
import { codeOf, hasMoved } from '../files/failures.ts';
import type { Examined, Look } from '../files/types.ts';
import { place, type Placement } from '../files/swap.ts';
import { discardTemp, makeDirectories, writeTemp } from '../files/temp.ts';
import { attempt } from '../host/durable-files.ts';
import { batchesOf, unsized } from './batches.ts';
import { keptBytesOf } from './bodies.ts';
import { identityOf } from './drafts.ts';
import { parentOf } from '../core/paths-below.ts';
import { leftTemp } from './left-temps.ts';
import { absolute } from './places.ts';
import { unplacedSinceCheckpoint, type Unplaced } from './redo-candidates.ts';
import { refusalOfDisk } from './refusals.ts';
import { isTornPiece } from './torn-pieces.ts';
import type { World } from './world.ts';

const VERSIONS_COMPARED = 1000;

export interface RedoReport {
  readonly looked: number;
  readonly written: string[];
  readonly removed: string[];
  /** What the disk did not take yet. */
  readonly refused: string[];
}

export async function redo(world: World): Promise<RedoReport> {
  const candidates = unplacedSinceCheckpoint(world);
  const report: RedoReport = { looked: candidates.length, written: [], removed: [], refused: [] };
  // Versions first: what a lost move left under its old name goes only when the new name has it.
  const ordered = [...candidates.filter(isVersion), ...candidates.filter((one) => !isVersion(one))];
  const byPath = new Map(ordered.map((one) => [one.path, one]));
  for (const { paths } of batchesOf(world, unsized([...byPath.keys()]))) {
    for (const examined of await world.bulk.examine(paths, new Map())) {
      const candidate = byPath.get(examined.path);
      if (candidate) redoOrWait(world, movedOn(candidate, byPath), examined, report);
    }
  }
  return report;
}

/** With the last of the names that its file was moved to: the ones between hold it no more. */
function movedOn(candidate: Unplaced, byPath: ReadonlyMap<string, Unplaced>): Unplaced {
  const passed = new Set<string>();
  let { movedTo } = candidate;
  for (let next = movedTo; next !== null && !passed.has(next); next = byPath.get(next)?.movedTo ?? null) {
    passed.add(next);
    movedTo = next;
  }
  return { ...candidate, movedTo };
}

const isVersion = ({ last }: Unplaced): boolean => last.kind === 'version';

/**
 * Another try for a version that waits in the backlog; the caller holds the queue of its path. False: it still waits. What somebody
 * did later at its path, or bytes that are nowhere, end the waiting too.
 */
export async function placeLate(world: World, candidate: Unplaced): Promise<boolean> {
  const { path } = candidate;
  const report: RedoReport = { looked: 1, written: [], removed: [], refused: [] };
  const [found] = await world.bulk.examine([path], new Map());
  if (found) redoOrWait(world, candidate, found, report);
  if (report.refused.length > 0) return false;
  world.backlog.placed(path);
  return true;
}

function redoOrWait(world: World, candidate: Unplaced, found: Examined, report: RedoReport): void {
  try {
    redoOne(world, candidate, found, report);
  } catch (error) {
    const refusal = refusalOfDisk(error);
    if (!refusal) throw error;
    world.backlog.noteUnplaced(candidate, refusal);
    report.refused.push(candidate.path);
  }
}

function redoOne(world: World, candidate: Unplaced, found: Examined, report: RedoReport): void {
  const disk = onDisk(world, candidate, found);
  const verdict = judgeRedo(candidate.last, disk, world.events.origin === 'copied');
  const { path } = candidate;
  const unproven = isUnknown(disk) || isRacy(found);
  if (verdict === 'write' && restore(world, candidate, found, unproven)) report.written.push(path);
  if (verdict === 'remove' && isKeptElsewhere(world, candidate) && remove(world, candidate, found, unproven))
    report.removed.push(path);
  if (verdict !== 'done') mustBeRead(world, path);
}

/** A power cut may have kept a file's times and not its bytes: what is left to the rescan is not believed by its stat. */
function mustBeRead(world: World, path: string): void {
  const key = world.catalog.head(path)?.stat;
  if (key) world.catalog.noteSeen([{ path, seen: { key, clean: false } }]);
}

function onDisk(world: World, candidate: Unplaced, found: Examined): OnDisk {
  if (found.look.kind === 'absent') return { is: 'absent' };
  if (found.look.kind === 'unstable') throw new LarderError('busy', `${candidate.path} cannot be read just now`);
  const { look, digest } = found;
  if (!isFile(look) || digest === null) return { is: 'other' };
  const recordedBefore = world.catalog
    .history(candidate.path, { before: null, limit: VERSIONS_COMPARED })
    .some((event) => event.digest === digest);
  return {
    is: 'file',
    digest,
    identity: identityOf(look.stat),
    recordedBefore,
    // What is too long to be held is longer than any version that could be written again.
    tornPiece: look.kind === 'file' && isTornPiece(world, candidate.versions, look.bytes),
  };
}

const isFile = (look: Look): look is Extract<Look, { kind: 'file' | 'large' }> =>
  look.kind === 'file' || look.kind === 'large';

/** What was moved is removed from its old name only where its new one holds a file. */
const isKeptElsewhere = (world: World, { movedTo }: Unplaced): boolean =>
  movedTo === null || world.fs.lstat(absolute(world, movedTo)) !== undefined;

/** False where somebody put a file in the place of a directory since: that is later, and stays. */
function hasDirectories(world: World, path: string): boolean {
  try {
    makeDirectories(world, parentOf(path));
    return true;
  } catch (error) {
    if (hasMoved(error) || codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Puts the recorded version over what is there. What is kept nowhere else is never copied: its temp file is on the disk already, has
 * the recorded identity, and needs no room. False where its bytes are nowhere, or no file can be at its path any more.
 */
function restore(world: World, candidate: Unplaced, found: Examined, unproven: boolean): boolean {
  const { path, bytes: recorded, last } = candidate;
  if (recorded === null) return false;
  const { digest } = recorded;
  const bytes = keptBytesOf(world, recorded);
  const left = bytes === null ? leftTemp(world, digest, last.identities) : null;
  const isLost = bytes === null && left === null;
  if (isLost) world.log.error({ path, digest }, 'the bytes of a version that was cut off are kept nowhere');
  if (isLost || !hasDirectories(world, path)) return false;
  const replaces = isFile(found.look) ? found.look.stat : null;
  const temp = bytes === null ? left : writeTemp(world, { path, bytes, digest, replaces });
  if (temp === null) return false;
  try {
    const expected = replaces === null ? 'absent' : statKeyOf(replaces);
    put(world, path, { temp, expected, unproven, isOnlyCopy: left !== null });
    return true;
  } catch (error) {
    if (left === null) attempt(() => discardTemp(world, temp));
    throw error;
  }
}

/** What somebody saves into it is looked at by the next start under the name of a version that the log knows (rescue.ts). */
function remove(world: World, { path, named }: Unplaced, found: Examined, unproven: boolean): boolean {
  if (!isFile(found.look) || found.digest === null) return false;
  put(world, path, { temp: { removes: named ?? found.digest }, expected: found.look.key, unproven });
  return true;
}

/** Bytes that are neither a version nor a piece of one are kept, whatever they are. */
const isUnknown = (disk: OnDisk): boolean => disk.is === 'file' && !disk.recordedBefore && !disk.tornPiece;

const isRacy = ({ look }: Examined): boolean => 'racy' in look && look.racy;

/** Throws where the place changed since it was looked at: nothing was put there, and it waits to be looked at again. */
function put(world: World, path: string, placement: Omit<Placement, 'target'>): void {
  const placed = place(world, { ...placement, target: absolute(world, path) });
  if (placed.kind === 'occupied') throw new LarderError('busy', `${path} was changed meanwhile`);
  if (placed.displaced) world.displaced.add(placed.displaced.file, path, 0, placed.displaced.known);
}
