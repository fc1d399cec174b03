/** What the log says since the checkpoint about each path whose file may not have reached the disk. */
import type { BodyPlace, Cause, EventFrame, FileIdentity, LoggedEntry, Seq } from '../core/events.ts';
import type { Digest } from '../core/digest.ts';
import type { LastRecorded } from '../core/redo.ts';
import type { World } from './world.ts';

/** Bytes that were recorded of a path. */
interface RecordedVersion {
  readonly seq: Seq;
  readonly digest: Digest;
  readonly size: number;
  readonly body: BodyPlace;
}

/** A version, or an absence, that is recorded and may not be in place. */
export interface Unplaced {
  readonly path: string;
  readonly seq: Seq;
  readonly last: LastRecorded;
  /** The bytes of the last version; null when it is gone, or its bytes are kept nowhere. */
  readonly bytes: RecordedVersion | null;
  /** Since the checkpoint, the newest last: what a torn piece may come from. */
  readonly versions: readonly RecordedVersion[];
  /** A version that a frame since the checkpoint names, the newest: what is brought out of its place is called by it. */
  readonly named: Digest | null;
  /** Where its file went, when the last that happened was a move. */
  readonly movedTo: string | null;
}

/** One a path: every version counts, also of schemas and of broken files, and a move counts at both its ends. */
export function unplacedSinceCheckpoint({ events, catalog, checkpoints }: World): Unplaced[] {
  const byPath = new Map<string, Unplaced>();
  const past: Past = {
    served(path) {
      const head = catalog.head(path);
      if (!head?.servedDigest || !head.servedBody) return null;
      return { seq: head.servedSeq, digest: head.servedDigest, size: head.servedSize, body: head.servedBody };
    },
    knows: (path, digest, seq) => catalog.versionWith(path, digest, seq - 1) !== undefined,
  };
  for (const frame of events.read(events.checkpoint)) {
    // Also what is in place may be in the kernel's memory alone: the next checkpoint has to sync it.
    checkpoints.changed(frame);
    collectFrame(frame, byPath, past);
  }
  return [...byPath.values()];
}

/** What a frame's files should be, as far as it is known to this process. */
export function unplacedBy(frame: EventFrame): Unplaced[] {
  const byPath = new Map<string, Unplaced>();
  collectFrame(frame, byPath, { served: () => null, knows: () => true });
  return [...byPath.values()];
}

/** What was recorded of a path, before the checkpoint too. */
interface Past {
  served(path: string): RecordedVersion | null;
  /** Whether it had a version with these bytes before a seq. */
  knows(path: string, digest: Digest, seq: Seq): boolean;
}

function collectFrame(frame: EventFrame, byPath: Map<string, Unplaced>, past: Past): void {
  for (const entry of frame.entries) {
    const { path, from, digest, kind, op } = entry;
    const before = byPath.get(path);
    if (from !== undefined && from !== path) byPath.set(from, movedAway(byPath.get(from), from, entry));
    if (kind === 'valid' || kind === 'invalid' || kind === 'deleted')
      byPath.set(path, changed(before, entry, isMadeAnew(entry, frame.origin.cause, past)));
    // The bytes on disk are the served ones again: recorded long ago, or since the checkpoint.
    else if (op === 'resolved' && digest !== null) byPath.set(path, returned(before, entry, digest, past.served(path)));
  }
}

function changed(before: Unplaced | undefined, entry: LoggedEntry, isMadeAnew: boolean): Unplaced {
  const { path, seq, digest, size, body } = entry;
  const version = digest === null ? null : { seq, digest, size, body };
  return {
    path,
    seq,
    last: {
      kind: digest === null ? 'gone' : 'version',
      digest,
      created: isMadeAnew || (before?.last.created ?? false),
      identities: [...(before?.last.identities ?? []), ...identitiesIn(entry)],
    },
    bytes: version,
    versions: [...(before?.versions ?? []), ...(version ? [version] : [])],
    named: digest ?? entry.before ?? before?.named ?? null,
    movedTo: null,
  };
}

/**
 * Nothing was here before; or what was here is not known to have been on the disk: a file that nobody had recorded, or one that
 * another program put here after it removed the old one, of which a power cut may have kept the removal alone.
 */
function isMadeAnew({ path, seq, before, replaced, placed }: LoggedEntry, cause: Cause, past: Past): boolean {
  if (before === null || !past.knows(path, before, seq)) return true;
  if ((cause !== 'hand' && cause !== 'restore') || !replaced || !placed) return false;
  return replaced.ino !== placed.ino || replaced.birthtimeNs !== placed.birthtimeNs;
}

function movedAway(
  before: Unplaced | undefined,
  path: string,
  { seq, placed, digest, size, body, path: movedTo }: LoggedEntry,
): Unplaced {
  return {
    path,
    seq,
    last: {
      kind: 'gone',
      digest: null,
      created: before?.last.created ?? false,
      identities: [...(before?.last.identities ?? []), ...(placed ? [placed] : [])],
    },
    bytes: null,
    versions: [...(before?.versions ?? []), ...(digest ? [{ seq, digest, size, body }] : [])],
    named: digest,
    movedTo,
  };
}

function returned(
  before: Unplaced | undefined,
  { path, seq, ...entry }: LoggedEntry,
  digest: Digest,
  served: RecordedVersion | null,
): Unplaced {
  const versions = before?.versions ?? [];
  return {
    path,
    seq,
    last: {
      kind: 'version',
      digest,
      created: before?.last.created ?? false,
      identities: [...(before?.last.identities ?? []), ...identitiesIn(entry)],
    },
    bytes: [...versions, ...(served ? [served] : [])].find((version) => version.digest === digest) ?? null,
    versions,
    named: digest,
    movedTo: null,
  };
}

const identitiesIn = ({ replaced, placed }: Pick<LoggedEntry, 'replaced' | 'placed'>): FileIdentity[] =>
  [replaced, placed].filter((identity) => identity !== undefined);
