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

export class MemoryFold implements Fold {
  readonly #heads = new Map<string, Row>();
  readonly #files = new Map<string, FoundFile>();
  readonly #chains = new Map<string, Seq>();
  readonly #blobs = new Set<Digest>();

  /** What has to be remembered: of each some hundred bytes. */
  get size(): number {
    return this.#heads.size + this.#files.size + this.#chains.size + this.#blobs.size;
  }

  pour(other: RoomyFold): void {
    for (const row of this.#heads.values()) other.put(row);
    for (const file of this.#files.values()) other.addFile(file);
    for (const [chain, seq] of this.#chains) other.addChain(Buffer.from(chain, 'latin1'), seq);
    for (const digest of this.#blobs) other.putBlob(digest);
  }

  apply(frame: EventFrame): void {
    for (const entry of frame.entries) this.#applyEntry(entry);
  }

  #applyEntry(entry: LoggedEntry): void {
    const { path, from, digest, body, seq } = entry;
    if (body.in === 'blob' && digest !== null) this.#blobs.add(digest);
    const source = from === undefined || from === path ? undefined : this.#heads.get(from);
    if (source) this.#heads.set(source.path, { ...leftBehind(source, entry), lastSeq: seq });
    this.#heads.set(path, { ...after(this.#heads.get(path) ?? blank(path), entry), lastSeq: seq });
  }

  addChain(chain: Uint8Array, seq: Seq): void {
    const key = keyOf(chain);
    if (!this.#chains.has(key)) this.#chains.set(key, seq);
  }

  hasChain(chain: Uint8Array): boolean {
    return this.#chains.has(keyOf(chain));
  }

  addFile(file: FoundFile): void {
    this.#files.set(file.path, file);
  }

  get(path: string): FoldedPath | undefined {
    return this.#heads.get(path);
  }

  present(afterPath: string, limit: number): FoldedPath[] {
    const isPresent = ({ diskDigest, servedDigest, bits }: Row): boolean =>
      diskDigest !== null || servedDigest !== null || bits !== 0;
    return pageOf(this.#heads, afterPath, limit, isPresent);
  }

  /** All on one page: what does not agree is little. */
  mismatches(): { items: Mismatch[]; after: string | null } {
    const differs = ({ path, diskDigest }: Row): boolean => diskDigest !== (this.#files.get(path)?.digest ?? null);
    const items = pageOf(this.#heads, '', Infinity, differs);
    return { items: items.map((folded) => ({ folded, file: this.#files.get(folded.path) ?? null })), after: null };
  }

  unknownFiles(afterPath: string, limit: number): FoundFile[] {
    return pageOf(this.#files, afterPath, limit, ({ path }) => !this.#heads.has(path));
  }

  fileWith(digest: Digest): string | undefined {
    for (const file of this.#files.values()) if (file.digest === digest) return file.path;
    return undefined;
  }

  blobs(afterDigest: string, limit: number): Digest[] {
    const due = [...this.#blobs].filter((digest) => digest > afterDigest);
    return due.toSorted().slice(0, limit);
  }

  count(): number {
    return this.#heads.size;
  }

  [Symbol.dispose](): void {}
}

const keyOf = (chain: Uint8Array): string => Buffer.from(chain).toString('latin1');

/** In the order of the paths as SQLite has it: by their bytes. */
function pageOf<T extends { readonly path: string }>(
  byPath: ReadonlyMap<string, T>,
  afterPath: string,
  limit: number,
  fits: (one: T) => boolean,
): T[] {
  const begin = Buffer.from(afterPath);
  const found: { readonly one: T; readonly bytes: Buffer }[] = [];
  for (const one of byPath.values()) {
    if (!fits(one)) continue;
    const bytes = Buffer.from(one.path);
    if (Buffer.compare(bytes, begin) > 0) found.push({ one, bytes });
  }
  const sorted = found.toSorted((a, b) => Buffer.compare(a.bytes, b.bytes));
  return sorted.slice(0, limit).map(({ one }) => one);
}
