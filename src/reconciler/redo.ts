/** Completes, at opening, what a crash cut off between the log's sync and the files (core/redo.ts decides). */
import type { EventFrame, FileIdentity, LoggedEntry } from '../core/events.ts';
import { isTornPieceOf, judgeRedo, type LastRecorded, type OnDisk } from '../core/redo.ts';
import { statKeyOf } from '../core/stat-key.ts';
import type { Examined } from '../files/types.ts';
import { place } from '../files/swap.ts';
import { makeDirectories, writeTemp } from '../files/temp.ts';
import { bytesOf } from './bodies.ts';
import { identityOf } from './drafts.ts';
import { absolute, parentOf } from './places.ts';
import type { World } from './world.ts';

interface Candidate {
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
}

export async function redo(world: World): Promise<RedoReport> {
  const candidates = [...collect(world).values()];
  const report: RedoReport = { looked: candidates.length, written: [], removed: [] };
  for (let start = 0; start < candidates.length; start += BATCH) {
    const batch = candidates.slice(start, start + BATCH);
    const examined = await world.bulk.examine(
      batch.map(({ entry }) => entry.path),
      new Map(),
    );
    batch.forEach((candidate, index) => {
      const found = examined[index];
      if (found) redoOne(world, candidate, found, report);
    });
  }
  return report;
}

/** The last change of every path since the checkpoint. */
function collect(world: World): Map<string, Candidate> {
  const byPath = new Map<string, Candidate>();
  for (const frame of world.events.read(world.events.checkpoint)) {
    if (frame.type === 'events' && frame.kind === 'change') collectFrame(frame, byPath);
  }
  return byPath;
}

function collectFrame(frame: EventFrame, byPath: Map<string, Candidate>): void {
  for (const entry of frame.entries) {
    if (entry.kind !== 'valid' && entry.kind !== 'deleted') continue;
    const before = byPath.get(entry.path);
    const earlierIdentities = [...(before?.last.earlierIdentities ?? []), ...identitiesBefore(entry, before?.entry)];
    const last = {
      kind: entry.kind,
      digest: entry.digest,
      created: entry.before === null || (before?.last.created ?? false),
      earlierIdentities,
    };
    byPath.set(entry.path, { entry, last, versions: [...(before?.versions ?? []), entry] });
    if (entry.from !== undefined) byPath.delete(entry.from);
  }
}

const identitiesBefore = (entry: LoggedEntry, before: LoggedEntry | undefined): FileIdentity[] =>
  [entry.replaced, before?.placed].filter((identity) => identity !== undefined);

function redoOne(world: World, candidate: Candidate, found: Examined, report: RedoReport): void {
  const disk = onDisk(world, candidate, found);
  const verdict = judgeRedo(candidate.last, disk, world.events.origin === 'copied');
  const { path } = candidate.entry;
  if (verdict === 'write' && restore(world, candidate.entry, found)) report.written.push(path);
  if (verdict === 'remove' && remove(world, path, found)) report.removed.push(path);
}

function onDisk(world: World, candidate: Candidate, found: Examined): OnDisk {
  if (found.look.kind === 'absent') return { is: 'absent' };
  if (found.look.kind !== 'file' || found.digest === null) return { is: 'other' };
  const { bytes, stat } = found.look;
  const { digest } = found;
  const recordedBefore = world.catalog
    .history(candidate.entry.path, { before: null, limit: 1000 })
    .some((event) => event.digest === digest);
  return { is: 'file', digest, identity: identityOf(stat), recordedBefore, tornPiece: isTorn(world, candidate, bytes) };
}

const isTorn = (world: World, { versions }: Candidate, bytes: Uint8Array): boolean =>
  versions.some(
    ({ body, digest }) =>
      digest !== null && body.in !== 'nowhere' && isTornPieceOf(bytes, bytesOf(world, body, digest)),
  );

/** Writes the recorded version over what is there, unless that changed since it was looked at. */
function restore(world: World, { path, digest, body }: LoggedEntry, found: Examined): boolean {
  if (digest === null || body.in === 'nowhere') return false;
  const bytes = bytesOf(world, body, digest);
  const replaces = found.look.kind === 'file' ? found.look.stat : null;
  makeDirectories(world, parentOf(path));
  const temp = writeTemp(world, { path, bytes, digest, replaces });
  const expected = replaces === null ? 'absent' : statKeyOf(replaces);
  const placed = place(world, { target: absolute(world, path), temp, expected });
  if (placed.kind === 'placed' && placed.displaced)
    world.displaced.add(placed.displaced.file, path, 0, placed.displaced.asExpected);
  return placed.kind === 'placed';
}

function remove(world: World, path: string, found: Examined): boolean {
  if (found.look.kind !== 'file' || found.digest === null) return false;
  const placed = place(world, {
    target: absolute(world, path),
    temp: { removes: found.digest },
    expected: found.look.key,
  });
  if (placed.kind === 'placed' && placed.displaced)
    world.displaced.add(placed.displaced.file, path, 0, placed.displaced.asExpected);
  return placed.kind === 'placed';
}
