/**
 * Bytes by their digest: `<directory>/<first two hex digits>/<digest>`. A blob has its name only when it is whole and
 * synced, and is believed only after its digest was computed again.
 */
import { dirname, join } from 'node:path/posix';
import { digestOf, knownDigestOf } from '../core/digest.ts';
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { attempt, isDiskFull, makeDirectoriesDurably, syncDirectory, writeFileDurably } from '../host/durable-files.ts';
import type { Clock, FileSystem, RandomBytes } from '../host/ports.ts';
import { readFile } from '../host/read-file.ts';
import { assert } from '../util/assert.ts';
import type { BlobStore } from './types.ts';

export interface BlobStoreOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Absolute: `<root>/.larder/blobs`. The root must exist; what lies between is made. */
  readonly directory: string;
}

/** Where blobs are written before they have their name; within the store, so that giving it is a rename. */
const UNFINISHED = 'unfinished';
const SUFFIX_BYTES = 8;

export function openBlobStore(options: BlobStoreOptions): BlobStore {
  removeUnfinished(options);
  return new DirectoryBlobStore(options);
}

/** What a crash left. Nobody was told of it: a blob is announced by the event that names it, after it has its name. */
function removeUnfinished({ fs, directory }: BlobStoreOptions): void {
  const path = join(directory, UNFINISHED);
  if (!fs.lstat(path)) return;
  for (const { name } of fs.readDirectory(path)) if (name !== null) attempt(() => fs.unlink(join(path, name)));
}

/** The same for reading alone: nothing is removed. */
export const openBlobReads = (options: Omit<BlobStoreOptions, 'random'>): Pick<BlobStore, 'get' | 'verify'> =>
  new DirectoryBlobStore({ ...options, random: unused });

const unused = (): never => {
  throw new Error('a store opened for reading writes nothing');
};

/** Of directories, or of what is in one; whatever else a person or a file browser left there is passed over. */
const namesIn = (fs: FileSystem, path: string, pattern: RegExp): string[] =>
  fs
    .readDirectory(path)
    .flatMap(({ name, kind }) => (name !== null && kind !== 'symlink' && pattern.test(name) ? [name] : []));

const SHELF = /^[0-9a-f]{2}$/;
const BLOB = /^[0-9a-f]{64}$/;

class DirectoryBlobStore implements BlobStore {
  readonly #options: BlobStoreOptions;
  /** Two callers with the same bytes share one write. */
  readonly #underWay = new Map<Digest, Promise<void>>();

  /** Directories whose entries this process has synced; there are no more than 257. */
  readonly #durable = new Set<string>();

  constructor(options: BlobStoreOptions) {
    this.#options = options;
  }

  has(digest: Digest): boolean {
    return this.#options.fs.lstat(this.#pathOf(digest))?.kind === 'file';
  }

  get(digest: Digest): Uint8Array | null {
    if (!this.has(digest)) return null;
    const path = this.#pathOf(digest);
    const bytes = readFile(this.#options.fs, path);
    if (digestOf(bytes) === digest) return bytes;
    throw new LarderError('version_damaged', `${path} does not hold the bytes that its name promises`, {
      members: { blob: path },
    });
  }

  list(): Digest[] {
    const { fs, directory } = this.#options;
    if (!fs.lstat(directory)) return [];
    const shelves = namesIn(fs, directory, SHELF);
    return shelves.flatMap((name) => namesIn(fs, join(directory, name), BLOB)) as Digest[];
  }

  storedAtMs(digest: Digest): number | null {
    const stat = this.#options.fs.lstat(this.#pathOf(digest));
    return stat ? Number(stat.mtimeNs / 1_000_000n) : null;
  }

  remove(digest: Digest): void {
    this.#options.fs.unlink(this.#pathOf(digest));
  }

  async syncRemoved(digests: Iterable<Digest>): Promise<void> {
    const { fs } = this.#options;
    const directories = new Set([...digests].map((digest) => dirname(this.#pathOf(digest))));
    for (const path of directories) if (fs.lstat(path)) await syncDirectory(fs, path);
  }

  sizeBytes(): number {
    return this.list().reduce((sum, digest) => sum + (this.#options.fs.lstat(this.#pathOf(digest))?.size ?? 0), 0);
  }

  verify(digest: Digest): 'whole' | 'missing' | 'damaged' {
    if (!this.has(digest)) return 'missing';
    return digestOf(readFile(this.#options.fs, this.#pathOf(digest))) === digest ? 'whole' : 'damaged';
  }

  put(digest: Digest, bytes: Uint8Array): Promise<void> {
    const already = this.#underWay.get(digest);
    if (already) return already;
    const work = this.#store(digest, bytes).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, work);
    return work;
  }

  async #store(digest: Digest, bytes: Uint8Array): Promise<void> {
    assert(knownDigestOf(bytes) === digest, `the bytes given for blob ${digest} have another digest`);
    const path = this.#pathOf(digest);
    try {
      if (this.#holds(path, bytes)) await this.#confirm(path);
      else await this.#write(path, digest, bytes);
    } catch (cause) {
      throw new LarderError(
        isDiskFull(cause) ? 'disk_full' : 'log_unwritable',
        `blob ${digest} could not be stored: ${String(cause)}`,
        { cause },
      );
    }
  }

  /** Compared in full: what has rotted is written anew as soon as somebody brings the bytes. */
  #holds(path: string, bytes: Uint8Array): boolean {
    const { fs } = this.#options;
    const stat = fs.lstat(path);
    return stat?.kind === 'file' && stat.size === bytes.length && Buffer.compare(readFile(fs, path), bytes) === 0;
  }

  /** It is there, but perhaps from a process that died before its sync, or from a copy that was never synced. */
  async #confirm(path: string): Promise<void> {
    const { fs, clock } = this.#options;
    // Wanted again: so it is young again, and stays while the frame that names it is on its way.
    attempt(() => fs.setTimes(path, clock.nowMs(), clock.nowMs()));
    const fd = fs.open(path, 'read');
    try {
      await fs.fsync(fd);
    } finally {
      fs.close(fd);
    }
    await this.#makeDirectory(dirname(path));
    await syncDirectory(fs, dirname(path));
  }

  async #write(path: string, digest: Digest, bytes: Uint8Array): Promise<void> {
    const { fs, directory, random } = this.#options;
    const suffix = Buffer.from(random(SUFFIX_BYTES)).toString('hex');
    const temporary = join(directory, UNFINISHED, `${digest}-${suffix}`);
    await this.#makeDirectory(dirname(temporary));
    await this.#makeDirectory(dirname(path));
    await writeFileDurably(fs, { path, temporary, permissions: 0o600 }, bytes);
  }

  async #makeDirectory(path: string): Promise<void> {
    if (this.#durable.has(path)) return;
    const { fs, directory } = this.#options;
    await makeDirectoriesDurably(fs, dirname(dirname(directory)), path, 0o700);
    this.#durable.add(path);
  }

  #pathOf(digest: Digest): string {
    return join(this.#options.directory, digest.slice(0, 2), digest);
  }
}
