/** A power cut: what it may do to saves that nobody had synced, and what history still owes after it. */
import type { Digest } from '../../src/core/digest.ts';
import type { FeedEvent } from '../../src/core/requests.ts';
import { isStreamId, pathOf } from '../../src/core/refs.ts';
import { isTornPieceOf } from '../../src/core/redo.ts';
import type { Hands } from './hands.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import type { State } from './timeline.ts';

export class PowerCut {
  readonly #machine: Machine;
  readonly #hands: Hands;
  readonly #excused: ReadonlySet<string>;
  /** What history had of each path: bytes that it knows from another name alone say nothing here. */
  readonly #recorded: ReadonlySet<string>;
  readonly #before: ReadonlyMap<string, Digest | null>;
  /** Where each file lay. */
  readonly #pathByInode: ReadonlyMap<bigint, string>;
  readonly #catalog: ReadonlyMap<string, Buffer>;

  /** Takes down how things stand in the moment before. */
  constructor(machine: Machine, hands: Hands, process: Process, told: readonly FeedEvent[]) {
    machine.tell('the power goes');
    this.#machine = machine;
    this.#hands = hands;
    this.#excused = unrecordedSaves(machine, process);
    this.#before = new Map([...machine.timeline.paths()].map((path) => [path, machine.digestAt(path)]));
    this.#pathByInode = new Map([...this.#before.keys()].flatMap((path) => inodesAt(machine, path)));
    this.#catalog = machine.keepCatalog();
    this.#recorded = new Set(told.flatMap(versionsIn));
    forgetUnrecorded(machine, hands, new Set(told.map(({ digest }) => digest)));
    hands.stop();
  }

  /** Looks at what is left, once the process is gone. */
  observe(): void {
    const machine = this.#machine;
    machine.cutCatalog(this.#catalog);
    for (const path of new Set([...this.#before.keys(), ...machine.files()])) {
      const before = this.#before.get(path) ?? null;
      const now = machine.digestAt(path);
      if (now === before) continue;
      machine.observe(path, this.#excused.has(path) || this.#isUnknowable(path, now) ? 'hand' : 'power');
      machine.tell(`  ${path} is ${machine.nameOf(now)} after it, was ${machine.nameOf(before)}`);
    }
  }

  /**
   * What a power cut makes of saves by hand and no redo can know from a later edit: half of one save and half of another in the
   * same file; or a file that was saved into, unrecorded or with the bytes that it had, then replaced, and comes back with that
   * save's times and its old bytes, or under its old name.
   */
  #isUnknowable(path: string, found: Digest | null): boolean {
    if (this.#hands.changedAside.has(path)) return true;
    const [[inode] = []] = inodesAt(this.#machine, path);
    const renamed = inode === undefined ? undefined : this.#pathByInode.get(inode);
    if (renamed !== undefined && renamed !== path && this.#excused.has(renamed)) return true;
    // Of a stream that is not held there are no bytes to do again.
    if (isStreamId(path) && this.#machine.heldBytes !== undefined) return true;
    const states = this.#machine.timeline.states(path);
    if (found === null) return states.some(isMoment);
    const earlier = states.findLastIndex(({ digest }) => digest === found);
    if (earlier >= 0) {
      const isUnrecorded = ({ by, digest, saves }: State): boolean =>
        by === 'hand' && (saves > 1 || !this.#recorded.has(versionAt(path, digest)));
      const first = states.findIndex(({ digest }) => digest === found);
      return states.slice(first).some(isUnrecorded);
    }
    const bytes = this.#machine.bytesOf(found);
    const isPieceOf = ({ digest }: State): boolean =>
      digest !== null && isTornPieceOf(bytes, this.#machine.bytesOf(digest));
    return !states.some((state) => state.by === 'process' && isPieceOf(state));
  }
}

function inodesAt(machine: Machine, path: string): [inode: bigint, path: string][] {
  const stat = machine.disk.lstat(machine.at(path));
  return stat?.kind === 'file' ? [[stat.ino, path]] : [];
}

const versionsIn = ({ collection, id, from, digest }: FeedEvent): string[] => [
  versionAt(pathOf({ collection, id }), digest),
  ...(from === undefined ? [] : [versionAt(isStreamId(from) ? from : `${from}.json`, null)]),
];

const versionAt = (path: string, digest: Digest | null): string => `${path} ${digest}`;

/** Saves by hand that nobody had recorded: a power cut may do with them what it likes. */
function unrecordedSaves(machine: Machine, { world }: Process): ReadonlySet<string> {
  const excused = new Set<string>();
  for (const path of machine.timeline.paths()) {
    const state = machine.timeline.current(path);
    const head = world?.catalog.head(path)?.diskDigest ?? null;
    if (state && state.by !== 'process' && state.digest !== head) excused.add(path);
  }
  return excused;
}

/** History owes after a power cut only what it had recorded before. */
function forgetUnrecorded({ timeline }: Machine, hands: Hands, recorded: ReadonlySet<Digest | null>): void {
  for (const path of timeline.paths()) {
    for (const state of timeline.states(path)) if (!recorded.has(state.digest)) Object.assign(state, FORGIVEN);
  }
  hands.savedAside.splice(0, Infinity, ...hands.savedAside.filter(({ digest }) => recorded.has(digest)));
}

const FORGIVEN = { isWhole: false, isOwed: false };

/** Removed and made anew within one tick of the file times: by them the new file is the old one. */
const isMoment = ({ digest, by, fromMs, toMs }: State): boolean => digest === null && by === 'hand' && toMs === fromMs;
