/**
 * Restores: what is found is compared with history, so that a backup put back or an older commit checked out is one deed with a
 * cause and a session of its own (core/restore.ts). Large looks are compared before they are recorded (findings.ts); every
 * other way that a file is found, by a hint, a reader or a writer, is compared when it is recorded.
 */
import type { StoredEvent } from '../catalog/answers.ts';
import { FIRST_SCAN, type Origin, type Seq } from '../core/events.ts';
import { RESTORE_WINDOW_MS, RestoreWatch, type EarlierChange, type FoundChange } from '../core/restore.ts';
import { sizeIn } from '../core/stat-key.ts';
import type { Observation } from './observe.ts';
import { originOf } from './origin.ts';
import type { Settled, SettleOptions } from './settled.ts';
import type { World } from './world.ts';

/** The restore that is going on, if any. */
export class Restores {
  #watch = new RestoreWatch();

  session({ clock }: Pick<World, 'clock'>): string | null {
    return this.#watch.session(clock.monotonicMs());
  }

  /** It was taken back: what is restored next is a deed of its own, or it could not be taken back without the first. */
  end(): void {
    this.#watch = new RestoreWatch();
  }

  recall(changes: readonly FoundChange[], session: string | null, atMs: number): void {
    this.#watch.recall(changes, session, atMs);
  }

  /** Where what was found comes from, by what it brings back. */
  originOf(world: Pick<World, 'clock' | 'random'>, changes: readonly FoundChange[], origin: Origin): Origin {
    const newName = (): string => `restore-${originOf(world, 'restore').changeSet}`;
    const session = this.#watch.judge(changes, world.clock.monotonicMs(), newName);
    return session === null ? origin : { ...origin, cause: 'restore', session };
  }
}

/** The origin of what was found, where nobody compared it with history before. */
export function comparedOrigin(world: World, settled: readonly Settled[], options: SettleOptions): Origin {
  const origin = options.origin ?? originOf(world, 'hand');
  const isByHand = origin.cause === 'hand' && origin.actor === 'hand';
  if (!isByHand || options.nothingKnown || options.isCompared) return origin;
  const changes = settled.flatMap((one) => changeOf(world, one));
  return changes.length === 0 ? origin : world.restores.originOf(world, changes, origin);
}

/** A document that a program saves every minute has a long history, and a look at 500 versions takes 0.7 ms. */
const AMONG = 500;

const CHANGES = new Set(['record', 'record-invalid', 'reaccept']);

function changeOf(world: World, one: Settled): FoundChange[] {
  const { path, head, examined } = one.observation;
  const { digest } = examined;
  if (!CHANGES.has(one.decision.do) || digest === null || digest === head?.diskDigest) return [];
  if (world.pendings.get(path)?.session === FIRST_SCAN) return [];
  const isNew = one.from !== undefined || isGrowing(one.observation);
  const isReturn = !isNew && world.catalog.hasVersionWith(path, digest, AMONG);
  return [{ path, isReturn }];
}

/** Appends come all the time, and bring nothing back: the history of a stream, which is long, is not asked for each. */
function isGrowing({ meaning, head, examined: { look, growth } }: Observation): boolean {
  if (growth !== undefined) return true;
  const isLonger =
    look.kind === 'file' && head?.stat !== undefined && head.stat !== null && look.stat.size > sizeIn(head.stat);
  return isLonger && meaning.kind === 'stream';
}

/** A hold that was dismissed has the cause as well, but was somebody's decision. */
export const isOfRestore = ({ cause, actor }: StoredEvent): boolean => cause === 'restore' && actor === 'hand';

const CHANGED_KINDS = new Set(['valid', 'invalid']);

/** Edits and deletions by hand of single paths, as the log has them; what was there at the first scan is none. */
export function earlierChange({ catalog }: World, event: StoredEvent): EarlierChange[] {
  const { seq, path, digest, before, changeSet, kind, op, from, cause, session } = event;
  if (cause !== 'hand' || session !== null || kind === null) return [];
  if (kind === 'deleted') return [{ seq, path, changeSet, digest: null, isReturn: wasMissing(catalog, path, seq) }];
  if (digest === null || digest === before || !CHANGED_KINDS.has(kind)) return [];
  const isReturn = op !== 'move' && from === null && catalog.versionWith(path, digest, seq - 1) !== undefined;
  return [{ seq, path, changeSet, digest, isReturn }];
}

const MOST_ASKED = 200;

/** Whether nothing lay at a path at an earlier time that the log knows of. */
const wasMissing = (catalog: World['catalog'], path: string, seq: Seq): boolean =>
  catalog
    .history(path, { before: seq, limit: MOST_ASKED })
    .some(({ op, kind, session }) => kind === 'deleted' || (op === 'create' && session !== FIRST_SCAN));

/** More that happened within a minute before a restart is not read again: a start is not to wait for it. */
const MOST_RECALLED = 1000;

/** A restart does not cut a restore in two. */
export function recallRestores(world: World): void {
  const { catalog, clock, restores } = world;
  const [nowMs, nowMonotonicMs] = [clock.nowMs(), clock.monotonicMs()];
  const since = catalog.seqAtTime(nowMs - RESTORE_WINDOW_MS);
  const events = catalog.eventsBefore({ kind: 'all' }, Number.MAX_SAFE_INTEGER, MOST_RECALLED);
  const recent = events.filter(({ seq, atMs }) => seq > since && atMs <= nowMs).toReversed();
  for (const [first, ...others] of Map.groupBy(recent, ({ changeSet }) => changeSet).values()) {
    if (first === undefined) continue;
    const edits = [first, ...others]
      .filter(({ digest }) => digest !== null)
      .flatMap((event) => earlierChange(world, event));
    restores.recall(edits, isOfRestore(first) ? first.session : null, nowMonotonicMs - (nowMs - first.atMs));
  }
}
