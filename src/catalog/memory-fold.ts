/** A fold in memory (fold.ts), as far as it has room. */
import type { Digest } from '../core/digest.ts';
import type { EventFrame, LoggedEntry, Seq } from '../core/events.ts';
import type { Fold, FoundFile, Mismatch } from './fold.ts';
import { after, blank, leftBehind, type FoldedPath, type Row } from './fold-rows.ts';

/** Takes what is poured out of memory. */
export interface RoomyFold extends Fold {
  put(row: Row): void;
  putBlob(digest: Digest): void;
}

/** What the log and what the disk say of a path: one place for both, so that a path is looked up once. */
interface Known {
  row: Row | null;
  file: FoundFile | null;
}

export class MemoryFold implements Fold {
  readonly #known = new Map<string, Known>();
  readonly #chains = new Map<string, Seq>();
  readonly #blobs = new Set<Digest>();
  #rows = 0;
  #files = 0;

  /** What has to be remembered: of each some hundred bytes. */
  get size(): number {
    return this.#rows + this.#files + this.#chains.size + this.#blobs.size;
  }

  pour(other: RoomyFold): void {
    for (const { row, file } of this.#known.values()) {
      if (row !== null) other.put(row);
      if (file !== null) other.addFile(file);
    }
    for (const [chain, seq] of this.#chains) other.addChain(Buffer.from(chain, 'latin1'), seq);
    for (const digest of this.#blobs) other.putBlob(digest);
  }

  apply(frame: EventFrame): void {
    for (const entry of frame.entries) this.#applyEntry(entry);
  }

  #applyEntry(entry: LoggedEntry): void {
    const { path, from, digest, body } = entry;
    if (body.in === 'blob' && digest !== null) this.#blobs.add(digest);
    const source = from === undefined || from === path ? undefined : this.#known.get(from);
    if (source?.row) source.row = leftBehind(source.row, entry);
    const known = this.#at(path);
    if (known.row === null) this.#rows++;
    known.row = after(known.row ?? blank(path), entry);
  }

  #at(path: string): Known {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const fresh = { row: null, file: null };
    this.#known.set(path, fresh);
    return fresh;
  }

  addChain(chain: Uint8Array, seq: Seq): void {
    const key = keyOf(chain);
    if (!this.#chains.has(key)) this.#chains.set(key, seq);
  }

  hasChain(chain: Uint8Array): boolean {
    return this.#chains.has(keyOf(chain));
  }

  addFile(file: FoundFile): void {
    const known = this.#at(file.path);
    if (known.file === null) this.#files++;
    known.file = file;
  }

  get(path: string): FoldedPath | undefined {
    return this.#known.get(path)?.row ?? undefined;
  }

  present(limit: number): Generator<readonly FoldedPath[]> {
    return paged(this.#known.values(), limit, ({ row }) => (row !== null && isPresent(row) ? row : undefined));
  }

  mismatches(limit: number): Generator<readonly Mismatch[]> {
    return paged(this.#known.values(), limit, ({ row, file }) =>
      row === null || row.diskDigest === (file?.digest ?? null) ? undefined : { folded: row, file },
    );
  }

  unknownFiles(limit: number): Generator<readonly FoundFile[]> {
    return paged(this.#known.values(), limit, ({ row, file }) => (row === null && file !== null ? file : undefined));
  }

  fileWith(digest: Digest): string | undefined {
    for (const { file } of this.#known.values()) if (file?.digest === digest) return file.path;
    return undefined;
  }

  blobs(limit: number): Generator<readonly Digest[]> {
    return paged(this.#blobs, limit, (digest) => digest);
  }

  count(): number {
    return this.#rows;
  }

  [Symbol.dispose](): void {}
}

const keyOf = (chain: Uint8Array): string => Buffer.from(chain).toString('latin1');

const isPresent = ({ diskDigest, servedDigest, bits }: Row): boolean =>
  diskDigest !== null || servedDigest !== null || bits !== 0;

/** What is picked of so many at a time, however few that are: whoever asks has the thread back between. */
function* paged<T, Picked>(
  all: Iterable<T>,
  limit: number,
  pick: (one: T) => Picked | undefined,
): Generator<readonly Picked[]> {
  let [seen, picked] = [0, [] as Picked[]];
  for (const one of all) {
    const found = pick(one);
    if (found !== undefined) picked.push(found);
    if (++seen % limit !== 0) continue;
    yield picked;
    picked = [];
  }
  yield picked;
}
