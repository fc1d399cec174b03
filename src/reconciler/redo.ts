/**
 * Completes what was cut off between the log's sync and the files (core/redo.ts decides): at opening after a crash, and later
 * where the disk refused. What it refuses again waits in the backlog, and is neither looked at nor written to before.
 */
import { LarderError } from '../core/errors.ts';
import type { EventFrame, FileIdentity, LoggedEntry } from '../core/events.ts';
import { judgeRedo, type LastRecorded, type OnDisk } from '../core/redo.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { Examined } from '../files/types.ts';
import { place, type Placement } from '../files/swap.ts';
import { discardTemp, makeDirectories, writeTemp } from '../files/temp.ts';
import { attempt } from '../host/durable-files.ts';
import { bytesOf } from './bodies.ts';
import { identityOf } from './drafts.ts';
import { absolute, parentOf } from './places.ts';
import { refusalOfDisk } from './refusals.ts';
import { isTornPiece } from './torn-pieces.ts';
import type { World } from './world.ts';

/** A version that is recorded, and may not be in place. */
export interface Unplaced {
  readonly entry: LoggedEntry;
  readonly last: LastRecorded;
  /** Versions since the checkpoint, the newest last: what a torn piece may come from. */
  readonly versions: readonly LoggedEntry[];
}

const BATCH = 500;

export interface RedoReport {
  readonly looked: number;
  readonly written: string[];
  readonly removed: string[];
  /** What the disk did not take yet. */
  readonly refused: string[];
}

export async function redo(world: World): Promise<RedoReport> {
  const candidates = [...collect(world).values()];
  const report: RedoReport = { looked: candidates.length, written: [], removed: [], refused: [] };
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH);
    const examined = await world.bulk.examine(
      batch.map(({ entry }) => entry.path),
      new Map(),
    );
    batch.forEach((candidate, index) => {
      const found = examined[index];
      if (found) redoOrWait(world, candidate, found, report);
    });
  }
  return report;
}

/** Another try for a version that waits in the backlog; the caller holds the queue of its path. False: it still waits. */
export async function placeLate(world: World, candidate: Unplaced): Promise<boolean> {
  const { path } = candidate.entry;
  const report: RedoReport = { looked: 1, written: [], removed: [], refused: [] };
  const [found] = await world.bulk.examine([path], new Map());
  if (found) redoOrWait(world, candidate, found, report);
  if (report.refused.length > 0) return false;
  world.backlog.placed(path);
  return true;
}

/** The entries of a frame whose files could not be put in place, as far as it is known to this process. */
export const unplacedBy = (frame: EventFrame): Unplaced[] =>
  frame.entries.flatMap((entry) =>
    entry.kind === 'valid' || entry.kind === 'deleted' ? [candidateOf(entry, entry.kind, undefined)] : [],
  );

function redoOrWait(world: World, candidate: Unplaced, found: Examined, report: RedoReport): void {
  try {
    redoOne(world, candidate, found, report);
  } catch (error) {
    const refusal = refusalOfDisk(error);
    if (!refusal) throw error;
    world.backlog.noteUnplaced(candidate, refusal);
    report.refused.push(candidate.entry.path);
  }
}

/** The last change of every path since the checkpoint. */
function collect(world: World): Map<string, Unplaced> {
  const byPath = new Map<string, Unplaced>();
  for (const frame of world.events.read(world.events.checkpoint)) {
    // Also what is in place may be in the kernel's memory alone: the next checkpoint has to sync it.
    world.checkpoints.changed(frame);
    if (frame.kind !== 'verdict') collectFrame(frame, byPath);
  }
  return byPath;
}

function collectFrame(frame: EventFrame, byPath: Map<string, Unplaced>): void {
  for (const entry of frame.entries) {
    if (entry.kind !== 'valid' && entry.kind !== 'deleted') continue;
    byPath.set(entry.path, candidateOf(entry, entry.kind, byPath.get(entry.path)));
    if (entry.from !== undefined) byPath.delete(entry.from);
  }
}

function candidateOf(entry: LoggedEntry, kind: LastRecorded['kind'], before: Unplaced | undefined): Unplaced {
  const earlierIdentities = [...(before?.last.earlierIdentities ?? []), ...identitiesBefore(entry, before?.entry)];
  const created = entry.before === null || (before?.last.created ?? false);
  const last = { kind, digest: entry.digest, created, earlierIdentities };
  return { entry, last, versions: [...(before?.versions ?? []), entry] };
}

const identitiesBefore = (entry: LoggedEntry, before: LoggedEntry | undefined): FileIdentity[] =>
  [entry.replaced, before?.placed].filter((identity) => identity !== undefined);

function redoOne(world: World, candidate: Unplaced, found: Examined, report: RedoReport): void {
  const disk = onDisk(world, candidate, found);
  const verdict = judgeRedo(candidate.last, disk, world.events.origin === 'copied');
  const { path } = candidate.entry;
  if (verdict === 'write' && restore(world, candidate.entry, found)) report.written.push(path);
  if (verdict === 'remove' && remove(world, path, found)) report.removed.push(path);
}

function onDisk(world: World, candidate: Unplaced, found: Examined): OnDisk {
  if (found.look.kind === 'absent') return { is: 'absent' };
  if (found.look.kind === 'unstable') throw new LarderError('busy', `${candidate.entry.path} cannot be read just now`);
  if (found.look.kind !== 'file' || found.digest === null) return { is: 'other' };
  const { bytes, stat } = found.look;
  const { digest } = found;
  const recordedBefore = world.catalog
    .history(candidate.entry.path, { before: null, limit: 1000 })
    .some((event) => event.digest === digest);
  return {
    is: 'file',
    digest,
    identity: identityOf(stat),
    recordedBefore,
    tornPiece: isTornPiece(world, candidate.versions, bytes),
  };
}

/** Writes the recorded version over what is there, unless that changed since it was looked at. */
function restore(world: World, { path, digest, body }: LoggedEntry, found: Examined): boolean {
  if (digest === null || body.in === 'nowhere') return false;
  const bytes = bytesOf(world, body, digest);
  const replaces = found.look.kind === 'file' ? found.look.stat : null;
  makeDirectories(world, parentOf(path));
  const temp = writeTemp(world, { path, bytes, digest, replaces });
  const expected = replaces === null ? 'absent' : statKeyOf(replaces);
  try {
    return put(world, path, { target: absolute(world, path), temp, expected });
  } catch (error) {
    attempt(() => discardTemp(world, temp));
    throw error;
  }
}

function remove(world: World, path: string, found: Examined): boolean {
  if (found.look.kind !== 'file' || found.digest === null) return false;
  return put(world, path, {
    target: absolute(world, path),
    temp: { removes: found.digest },
    expected: found.look.key,
  });
}

function put(world: World, path: string, placement: Placement): boolean {
  const placed = place(world, placement);
  if (placed.kind === 'placed' && placed.displaced)
    world.displaced.add(placed.displaced.file, path, 0, placed.displaced.known);
  return placed.kind === 'placed';
}
