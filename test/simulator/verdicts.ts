/** What must hold at the end of a run (DESIGN 11), told as complaints; none is the verdict wanted. */
import type { Digest } from '../../src/core/digest.ts';
import type { EventFrame, LoggedEntry, Seq } from '../../src/core/events.ts';
import { isTornPieceOf } from '../../src/core/redo.ts';
import type { Head } from '../../src/catalog/types.ts';
import type { FeedEvent } from '../../src/core/requests.ts';
import type { SavedAside } from './hands.ts';
import type { Machine } from './machine.ts';
import type { State } from './timeline.ts';
import type { Asked } from './writers.ts';

/** Everything that a closed root says of itself. */
export interface Findings {
  readonly frames: readonly EventFrame[];
  readonly bytesOf: (entry: LoggedEntry) => Uint8Array | null;
  readonly head: (path: string) => Head | undefined;
  readonly present: readonly string[];
  /** Paths that a person has to decide about: a power cut took bytes and left the stat, which is no edit. */
  readonly held: ReadonlySet<string>;
}

export type Complaints = string[];

export interface FoldedHead {
  readonly disk: Digest | null;
  readonly served: Digest | null;
}

const NOTHING: FoldedHead = { disk: null, served: null };

/** The heads that the log alone says. */
export function fold(frames: readonly EventFrame[]): Map<string, FoldedHead> {
  const heads = new Map<string, FoldedHead>();
  for (const entry of frames.flatMap(({ entries }) => entries)) {
    const before = heads.get(entry.path) ?? NOTHING;
    if (entry.from !== undefined && entry.from !== entry.path) heads.set(entry.from, NOTHING);
    heads.set(entry.path, after(before, entry));
  }
  return heads;
}

function after(before: FoldedHead, { kind, op, digest, inForce }: LoggedEntry): FoldedHead {
  if (kind === 'deleted') return NOTHING;
  if (kind === 'valid') return inForce === false ? { ...before, disk: digest } : { disk: digest, served: digest };
  if (kind === 'invalid') return { ...before, disk: digest };
  return op === 'resolved' && digest !== null ? { ...before, disk: digest } : before;
}

/** I1: files = disk heads = fold of the log, and the catalog says the same. */
export function judgeHeads(machine: Machine, { frames, head, present, held }: Findings): Complaints {
  const complaints: Complaints = [];
  const folded = fold(frames);
  const paths = new Set([...folded.keys(), ...machine.files(), ...present]);
  for (const path of paths) {
    const { disk, served } = folded.get(path) ?? NOTHING;
    const known = head(path);
    const found = machine.digestAt(path);
    const name = (digest: Digest | null): string => machine.nameOf(digest);
    if (found !== disk && !held.has(path))
      complaints.push(`I1 ${path} holds ${name(found)}, its head in the log is ${name(disk)}`);
    if ((known?.diskDigest ?? null) !== disk)
      complaints.push(`I1 ${path}: catalog ${name(known?.diskDigest ?? null)}, log ${name(disk)}`);
    if ((known?.servedDigest ?? null) !== served)
      complaints.push(`I1 ${path}: served ${name(known?.servedDigest ?? null)}, log ${name(served)}`);
  }
  return complaints;
}

/** I2: what was acknowledged is in the log as it was answered; what was refused is not; sets are all or none. */
export function judgeWrites(asked: readonly Asked[], { frames }: Findings): Complaints {
  const complaints: Complaints = [];
  const byActor = Map.groupBy(
    frames.flatMap(({ entries, origin }) => entries.map((entry) => ({ entry, actor: origin.actor }))),
    ({ actor }) => actor,
  );
  for (const one of asked) {
    const entries = (byActor.get(one.name) ?? []).map(({ entry }) => entry);
    if (one.standing === 'refused' && entries.length > 0)
      complaints.push(`I2 ${one.name} was refused, but events ${entries.map(({ seq }) => seq).join()} are its`);
    if (one.isSet && one.standing === 'unknown' && entries.length > 0 && entries.length < one.paths.length)
      complaints.push(`I2 of the set ${one.name} only ${entries.map(({ path }) => path).join()} happened`);
    for (const { outcome, seq, etag } of one.written) {
      if (outcome === 'unchanged') continue;
      const entry = entries.find((event) => event.seq === seq);
      if (entry?.digest !== etag) complaints.push(`I2 ${one.name} was answered ${outcome} ${seq}; the log has it not`);
    }
  }
  return complaints;
}

/** I3 and I6: what history owes somebody who saved. */
export function judgeSaves(machine: Machine, aside: readonly SavedAside[], { frames, bytesOf }: Findings): Complaints {
  const kept = keptDigests(frames);
  const isPiece = (path: string, digest: Digest): boolean => looksTorn(machine.bytesOf(digest), path, frames, bytesOf);
  const complaints: Complaints = [];
  for (const path of machine.timeline.paths()) {
    for (const state of machine.timeline.states(path)) {
      const { digest } = state;
      if (digest === null || state.by !== 'hand' || kept.get(digest)) continue;
      if (state.isWhole && state.endedBy === 'process' && !isPiece(path, digest))
        complaints.push(`I6 ${machine.nameOf(digest)} was saved to ${path}, replaced by the process, and kept nowhere`);
      if (state.isOwed) complaints.push(`I3 ${machine.nameOf(digest)} lay quietly at ${path} and was kept nowhere`);
    }
  }
  const lastAside = new Map(aside.map((one) => [one.file, one]));
  for (const { path, digest } of lastAside.values()) {
    if (!kept.get(digest))
      complaints.push(`I6 ${machine.nameOf(digest)} was saved into what was ${path}, kept nowhere`);
  }
  return complaints;
}

/** What a power cut leaves of a version: redo takes it for that, whoever saved it. An empty file holds nothing that could be lost. */
function looksTorn(found: Uint8Array, path: string, frames: Findings['frames'], bytesOf: Findings['bytesOf']): boolean {
  if (found.length === 0) return true;
  const versions = frames.flatMap(({ entries }) => entries.filter((entry) => entry.path === path));
  return versions.some((entry) => {
    const bytes = entry.digest === null ? null : bytesOf(entry);
    return bytes !== null && isTornPieceOf(found, bytes);
  });
}

const keptDigests = (frames: readonly EventFrame[]): Map<Digest, true> =>
  new Map(frames.flatMap(({ entries }) => entries.flatMap(({ digest }) => (digest ? [[digest, true] as const] : []))));

/** Events and states are compared by a wall clock that may be read a moment apart. */
const SLACK_MS = 60;
/** An absence is believed when it was seen twice, a second apart; looks are made some ticks later. */
const ABSENT_MS = 950;
/** So long after a hint the process has looked: what it did not see in between does not end an absence. */
const LOOKED_MS = 1100;

/** Nothing is told of hands that no hand did: a change that a crash brought back would be one. */
export function judgeHandEvents(machine: Machine, { frames }: Findings): Complaints {
  const complaints: Complaints = [];
  const lastMs = new Map<string, number>();
  for (const { entries, origin } of frames) {
    for (const entry of entries) {
      const sinceMs = (lastMs.get(entry.path) ?? 0) - SLACK_MS;
      if (origin.actor === 'hand') complaints.push(...judgeHandEvent(machine, entry, sinceMs, origin.atMs));
      if (entry.kind !== 'rescued') lastMs.set(entry.path, origin.atMs);
      if (entry.from !== undefined) lastMs.set(entry.from, origin.atMs);
    }
  }
  return complaints;
}

function judgeHandEvent(machine: Machine, entry: LoggedEntry, sinceMs: number, atMs: number): Complaints {
  const { path, kind, digest, seq, op } = entry;
  if (kind === 'rescued' || (kind === null && digest === null)) return [];
  const during = machine.timeline
    .states(path)
    .filter(
      (state) =>
        (state.by === 'hand' || state.isSavedAgain) && state.toMs >= sinceMs && state.fromMs <= atMs + SLACK_MS,
    );
  const told = `event ${seq} (${op} ${path} ${machine.nameOf(digest)} by hand)`;
  const matching = during.filter((state) => state.digest === digest);
  if (matching.length === 0) return [`I2 ${told}: no hand did that`];
  if (digest !== null || wasSeenTwice(during, atMs)) return [];
  return [`I5 ${told}: it was not absent for a second`];
}

function wasSeenTwice(during: readonly State[], atMs: number): boolean {
  const wasThere = ({ digest, hintedMs, toMs }: State): boolean =>
    digest !== null && hintedMs !== null && Math.min(toMs, atMs) - hintedMs >= LOOKED_MS;
  return during
    .slice(during.findLastIndex(wasThere) + 1)
    .some(({ digest, fromMs }) => digest === null && fromMs <= atMs - ABSENT_MS);
}

/** I5: seqs strictly increase, and what followers were told is what the log says, each once, none left out. */
export function judgeFeed(told: readonly FeedEvent[], { frames }: Findings, lastTold: Seq): Complaints {
  const complaints: Complaints = [];
  const logged = frames.flatMap(({ entries }) => entries).filter(({ seq }) => seq <= lastTold);
  const seqs = told.map(({ seq }) => seq);
  if (seqs.some((seq, at) => at > 0 && seq <= (seqs[at - 1] ?? 0))) complaints.push('I5 seqs do not increase');
  const bySeq = new Map(logged.map((entry) => [entry.seq, entry]));
  for (const { seq, digest, op } of told) {
    const entry = bySeq.get(seq);
    if (!entry) complaints.push(`I5 event ${seq} was announced, and is not in the log`);
    else if (entry.digest !== digest || entry.op !== op) complaints.push(`I5 event ${seq} was announced as another`);
  }
  const announced = new Set(seqs);
  for (const { seq } of logged) if (!announced.has(seq)) complaints.push(`I5 event ${seq} was never announced`);
  return complaints;
}
