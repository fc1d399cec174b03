/**
 * Frames of single writes, held back for a moment so that many share one transaction: a transaction of its own writes some 23
 * pages for one document and was half of what a PUT cost, one for a hundred writes three pages each. Nobody can tell:
 *
 *   gather() --> held, its heads known here --> committed: when anybody reads anything but a head or a free name,
 *                                               when many are held, and after a moment
 *
 * The frames are in the event log already. What a crash takes of them is replayed by the next start.
 */
import { lastSeqOf, type LoggedEntry, type Seq } from '../core/events.ts';
import { folded } from '../core/names.ts';
import type { Clock, Timer } from '../host/ports.ts';
import type { Applier } from './applier.ts';
import { headsAfter } from './entry-effects.ts';
import { bytesOf, rowsOf } from './frame-sizes.ts';
import { BLANK } from './path-rows.ts';
import { placeOf } from './places.ts';
import type { Head, PathKind, Seen, ToApply } from './types.ts';

/** One turn of the event loop takes them: some 10 ms. */
const MOST_ROWS = 200;
/** Of a frame: a larger one fills a transaction of its own. */
const MOST_ROWS_A_FRAME = 32;
const MOST_BYTES = 1024 * 1024;
const LONGEST_MS = 100;
/** Where less is free, nothing is held back: what was answered a moment before must not wait for room to be listed. */
export const LEAST_FREE_BYTES = 64 * 1024 * 1024;

export interface GatheringOptions {
  readonly applier: Applier;
  readonly clock: Clock;
  readonly head: (path: string) => Head | undefined;
  /** Whether the disk has `LEAST_FREE_BYTES`. */
  readonly hasRoom: () => boolean;
  /** Told of the heads that a commit made; whether it wrote anything else beside them is for the listener to ask. */
  readonly onCommitted: (heads: ReadonlyMap<string, Head>) => void;
}

export class Gathering {
  readonly #options: GatheringOptions;
  #heads = new Map<string, Head>();
  /** What could not be committed is known here until it is applied. */
  #failed: { readonly heads: Map<string, Head>; readonly lastSeq: Seq } | null = null;
  readonly #foldedNames = new Set<string>();
  #held: ToApply[] = [];
  #rows = 0;
  #bytes = 0;
  #committed: PromiseWithResolvers<void> | null = null;
  #timer: Timer | null = null;

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  /** Settles with the commit. Null where nothing of this may be held back: apply it. */
  gather(frames: readonly ToApply[]): Promise<void> | null {
    const { applier, clock } = this.#options;
    const rows = rowsOf(frames);
    const bytes = bytesOf(frames);
    if (rows > MOST_ROWS_A_FRAME || bytes > MOST_BYTES || !applier.isIdle) return null;
    if (this.#rows + rows > MOST_ROWS || this.#bytes + bytes > MOST_BYTES) this.settle();
    if (!applier.isIdle || !frames.every((one) => this.#isPlain(one))) return null;
    // Only commits take of the room: it is asked for when the first is held.
    if (this.#committed === null && !(applier.hasRoom && this.#options.hasRoom())) return null;
    // Reads before anything is changed: what throws here leaves nothing held that nobody would commit.
    const seen = frames.map(seenIn);
    const heads = this.#headsAfter(frames, seen);
    frames.forEach(({ frame, content }, index) => {
      this.#held.push({ frame, content, seen: (path) => seen[index]?.get(path) });
      for (const { path } of frame.entries) this.#foldedNames.add(folded(path));
    });
    for (const [path, head] of heads) this.#heads.set(path, head);
    this.#rows += rows;
    this.#bytes += bytes;
    this.#timer ??= clock.after(LONGEST_MS, () => this.settle());
    this.#committed ??= Promise.withResolvers<void>();
    return this.#committed.promise;
  }

  /** The head of a path that is held back; undefined where the tables have it. */
  head(path: string): Head | undefined {
    return this.#heads.get(path) ?? this.#notApplied()?.get(path);
  }

  #notApplied(): ReadonlyMap<string, Head> | undefined {
    if (this.#failed !== null && this.#options.applier.reached >= this.#failed.lastSeq) this.#failed = null;
    return this.#failed?.heads;
  }

  holdsFolded(form: string): boolean {
    return this.#foldedNames.has(form);
  }

  /** Commits what is held. A failure is told to whoever gave it; lists show what was committed before. */
  settle(): void {
    if (this.#committed === null) return;
    const { promise, resolve, reject } = this.#committed;
    // Whoever does not wait for it shall not end the process by that.
    promise.catch(() => {});
    const [held, heads] = [this.#held, this.#heads];
    this.#forget();
    try {
      this.#options.applier.applyAtOnce(held);
      this.#options.onCommitted(heads);
      resolve();
    } catch (error) {
      this.#keep(held, heads);
      reject(error);
    }
  }

  /** They were answered: nobody shall miss them while there is no room for them. */
  #keep(held: readonly ToApply[], heads: ReadonlyMap<string, Head>): void {
    const lastSeq = Math.max(...held.map(({ frame }) => lastSeqOf(frame)));
    this.#failed = { heads: new Map([...(this.#notApplied() ?? []), ...heads]), lastSeq };
  }

  #forget(): void {
    this.#timer?.cancel();
    [this.#timer, this.#committed, this.#held, this.#rows, this.#bytes] = [null, null, [], 0, 0];
    this.#heads = new Map();
    this.#foldedNames.clear();
  }

  /** A new version without a problem of what had none: its head follows from the entry alone. */
  #isPlain({ frame, derived }: ToApply): boolean {
    return frame.entries.every((entry) => {
      if ((derived?.(entry.path) ?? []).length > 0) return false;
      if ((entry.op !== 'create' && entry.op !== 'update') || entry.kind !== 'valid' || entry.from !== undefined)
        return false;
      // Whoever removes a blob asks the catalog who names it: a commit that fails must not hide one.
      return (
        entry.body.in !== 'blob' && isServedKind(entry.path) && (this.#headOf(entry.path)?.problems.length ?? 0) === 0
      );
    });
  }

  #headOf(path: string): Head | undefined {
    return this.head(path) ?? this.#options.head(path);
  }

  #headsAfter(frames: readonly ToApply[], seen: readonly ReadonlyMap<string, Seen | undefined>[]): Map<string, Head> {
    const heads = new Map<string, Head>();
    for (const [index, { frame }] of frames.entries())
      for (const entry of frame.entries) {
        const before = heads.get(entry.path) ?? this.#headOf(entry.path);
        heads.set(entry.path, headAfter(entry, before, seen[index]?.get(entry.path)));
      }
    return heads;
  }
}

/** What was seen is what is there now, not what will be when it is committed. */
const seenIn = ({ frame, seen }: ToApply): ReadonlyMap<string, Seen | undefined> =>
  new Map(frame.entries.map(({ path }) => [path, seen(path)]));

const SERVED_KINDS: ReadonlySet<PathKind> = new Set(['document', 'stream', 'file']);
const isServedKind = (path: string): boolean => SERVED_KINDS.has(placeOf(path).kind);

/** As the tables will have it (rows.ts, `decodeHead` and `decodeServedHead`): test/catalog/gathered-heads holds them to it. */
function headAfter(entry: LoggedEntry, before: Head | undefined, seen: Seen | undefined): Head {
  const { path, digest, seq, size, modifiedMs, body } = entry;
  const { kind, scope, id } = placeOf(path);
  const { stat, clean, grown } = headsAfter({ ...BLANK, stat: before?.stat ?? null }, entry, 'accept', seen);
  return {
    path,
    kind,
    collection: scope ?? '',
    id,
    diskDigest: digest,
    diskSeq: seq,
    servedDigest: digest,
    servedSeq: seq,
    servedSize: size,
    servedModifiedMs: modifiedMs ?? 0,
    servedBody: body,
    stat,
    clean,
    grown,
    problems: [],
  };
}

/** The same methods, each of which first commits what is held back. */
export function settledFirst<Methods extends object>(settle: () => void, methods: Methods): Methods {
  const settled = Object.entries(methods).map(([name, method]: [string, (...values: unknown[]) => unknown]) => [
    name,
    (...values: unknown[]): unknown => {
      settle();
      return method(...values);
    },
  ]);
  return Object.fromEntries(settled) as Methods;
}
