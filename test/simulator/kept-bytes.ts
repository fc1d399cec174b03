/** Which versions must have their bytes: those that nobody had forgotten, and that no thinning may take. */
import { digestOf } from '../../src/core/digest.ts';
import type { LoggedEntry, Seq } from '../../src/core/events.ts';
import { classify, isStreamId } from '../../src/core/refs.ts';
import { fold, type Complaints, type Findings } from './verdicts.ts';
import type { Forget } from './writers.ts';

/** Every version that was kept still has its bytes, and those that were forgotten have none. */
export function judgeBytes(
  findings: Findings,
  forgets: readonly Forget[],
  { hasPruned, heldBytes = Infinity }: { readonly hasPruned: boolean; readonly heldBytes: number | undefined },
): Complaints {
  const { frames, bytesOf } = findings;
  const forgotten = new Set(forgets.flatMap(({ seqs }) => seqs ?? []));
  const doubtful = namesOf(
    frames,
    forgets.filter(({ seqs }) => seqs === null).map(({ path }) => path),
  );
  const prunable = hasPruned ? prunableIn(findings) : new Set<Seq>();
  return frames.flatMap(({ entries }) =>
    entries.flatMap((entry) => {
      const { digest, kind, seq, path, size } = entry;
      if (digest === null || kind === null || (size > heldBytes && mayBeLong(path))) return [];
      const bytes = bytesOf(entry);
      if (forgotten.has(seq)) return bytes ? [`I2 the bytes of event ${seq} were forgotten, and are there`] : [];
      const isWhole = bytes ? digestOf(bytes) === digest : doubtful.has(path) || prunable.has(seq);
      return isWhole ? [] : [`I3 the bytes of event ${seq} are gone`];
    }),
  );
}

/** Of these no bytes are kept beyond what is held; documents are never so long here. */
const mayBeLong = (path: string): boolean => isStreamId(path) || classify(path).kind === 'file';

/** The paths, and all under which their documents were ever known. */
function namesOf(frames: Findings['frames'], paths: readonly string[]): ReadonlySet<string> {
  const names = new Set(paths);
  const moves = frames.flatMap(({ entries }) => entries.filter(({ from }) => from !== undefined));
  for (const { path, from } of moves.toReversed()) if (from !== undefined && names.has(path)) names.add(from);
  return names;
}

/** Of each such span the newest version stays; lives are shorter than an hour. */
const SPAN_MS = 30_000;

interface Happened {
  readonly entry: LoggedEntry;
  readonly atMs: number;
}

/** What \`staggered\` may thin: it was followed within its span, is not what is there, and no deletion came next. */
function prunableIn({ frames }: Findings): ReadonlySet<Seq> {
  const byPath = new Map<string, Happened[]>();
  const note = (path: string, one: Happened): void => void byPath.set(path, [...(byPath.get(path) ?? []), one]);
  for (const { entries, origin } of frames) {
    for (const entry of entries) {
      if (entry.kind === null) continue;
      note(entry.path, { entry, atMs: origin.atMs });
      if (entry.from !== undefined && entry.from !== entry.path)
        note(entry.from, { entry: { ...entry, kind: 'deleted', digest: null }, atMs: origin.atMs });
    }
  }
  const heads = fold(frames);
  return new Set(
    [...byPath].flatMap(([path, all]) => all.filter(mayGo(all, heads.get(path))).map(({ entry }) => entry.seq)),
  );
}

const mayGo =
  (all: readonly Happened[], head: ReturnType<ReturnType<typeof fold>['get']>) =>
  ({ entry: { seq, digest, kind }, atMs }: Happened, index: number): boolean => {
    const later = all.slice(index + 1);
    // It may have been pruned while something else was there, and have come back with a version of its own.
    const wasReplaced = later.some(({ entry }) => entry.kind !== 'rescued' && entry.digest !== digest);
    if (digest === null || kind === 'deleted' || (digest === head?.disk && !wasReplaced)) return false;
    if (later.find(({ entry }) => entry.kind !== 'rescued')?.entry.kind === 'deleted') return false;
    const span = Math.floor(atMs / SPAN_MS);
    return later.some(
      ({ entry, atMs: at }) => entry.seq !== seq && entry.digest !== null && Math.floor(at / SPAN_MS) === span,
    );
  };
