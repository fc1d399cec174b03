/**
 * Where the catalog works. SQLite needs free space even to read; a full disk shall keep nobody from reading. So where
 * `derived/` has no room, or cannot be written, a copy of it serves from the machine's place for temporary files until the next
 * start (FORMAT, derived).
 */
import { dirname } from 'node:path/posix';
import { openCatalog, type CatalogOptions } from '../catalog/catalog.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { attempt, freeBytes, isKernelError, writeAll } from '../host/durable-files.ts';
import type { FileSystem, RandomBytes } from '../host/ports.ts';
import { temporaryDirectories } from '../host/temporary-directories.ts';

/** What a start writes: index pages of the log, and some frames. */
const ENOUGH_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const FILES = ['catalog.sqlite', 'catalog.sqlite-wal'];

type PlaceOptions = CatalogOptions & { readonly random: RandomBytes };

/** The catalog of a root, and where it works. */
export class CatalogPlace implements Disposable {
  readonly #options: PlaceOptions;
  readonly #catalog: Catalog;
  #opened: Catalog;
  #spare: string | null;

  private constructor(options: PlaceOptions, opened: Catalog, spare: string | null) {
    this.#options = options;
    this.#opened = opened;
    this.#spare = spare;
    // Whoever holds it holds it on when the database behind it is another one.
    this.#catalog = Object.create(opened) as Catalog;
  }

  /** Throws what `openCatalog` throws when there is no other place either. */
  static open(options: PlaceOptions): CatalogPlace {
    const { fs, directory, random } = options;
    clearLeft(fs, directory);
    const inDerived = freeBytes(fs, directory) >= ENOUGH_BYTES ? openUnlessRefused(options) : null;
    if (inDerived) return new CatalogPlace(options, inDerived, null);
    const spare = sparePlace(fs, directory, random);
    return new CatalogPlace(options, openCatalog(spare === null ? options : { ...options, directory: spare }), spare);
  }

  get catalog(): Catalog {
    return this.#catalog;
  }

  /** It works outside of the root until the next start. */
  get isElsewhere(): boolean {
    return this.#spare !== null;
  }

  get directory(): string {
    return this.#spare ?? this.#options.directory;
  }

  /**
   * While nothing else works with it: goes on elsewhere with what it has when `derived/` has become full. False where it is
   * elsewhere already, or no other file system has room.
   */
  moveElsewhere(): boolean {
    const { fs, directory, random } = this.#options;
    if (this.#spare !== null || roomyPlace(fs, directory) === null) return false;
    this.#opened[Symbol.dispose]();
    this.#spare = sparePlace(fs, directory, random);
    this.#opened = openCatalog({ ...this.#options, anew: false, directory: this.directory });
    Object.setPrototypeOf(this.#catalog, this.#opened);
    return this.isElsewhere;
  }

  [Symbol.dispose](): void {
    this.#opened[Symbol.dispose]();
    if (this.#spare !== null) clear(this.#options.fs, this.#spare);
  }
}

function openUnlessRefused(options: CatalogOptions): Catalog | null {
  try {
    return openCatalog(options);
  } catch (error) {
    if (isKernelError(error) || error instanceof CatalogError) return null;
    throw error;
  }
}

/** A directory for temporary files on another file system, with room for what there is and more; null when there is none. */
function roomyPlace(fs: FileSystem, directory: string): string | null {
  const device = fs.lstat(directory)?.dev;
  const needed = ENOUGH_BYTES + FILES.reduce((sum, file) => sum + (fs.lstat(`${directory}/${file}`)?.size ?? 0), 0);
  const hasRoom = (parent: string): boolean => fs.lstat(parent)?.dev !== device && freeBytes(fs, parent) >= needed;
  return temporaryDirectories().find(hasRoom) ?? null;
}

/** Names the root, of which this process has the lock. */
function placePrefix(fs: FileSystem, directory: string): string {
  const { dev = 0n, ino = 0n } = fs.lstat(dirname(directory)) ?? {};
  return `larder-catalog-${dev.toString(36)}-${ino.toString(36)}-`;
}

/** What a process left that was killed while its catalog worked elsewhere: nobody else would ever remove it. */
function clearLeft(fs: FileSystem, directory: string): void {
  const prefix = placePrefix(fs, directory);
  const uid = fs.lstat(directory)?.uid;
  for (const parent of temporaryDirectories()) {
    attempt(() => {
      for (const { name, kind } of fs.readDirectory(parent)) {
        if (kind !== 'directory' || !name?.startsWith(prefix)) continue;
        // What belongs to somebody else could become a symlink before it is cleared.
        if (fs.lstat(`${parent}/${name}`)?.uid === uid) clear(fs, `${parent}/${name}`);
      }
    });
  }
}

/** Null when no other file system has room. */
function sparePlace(fs: FileSystem, directory: string, random: RandomBytes): string | null {
  const parent = roomyPlace(fs, directory);
  if (parent === null) return null;
  const place = `${parent}/${placePrefix(fs, directory)}${Buffer.from(random(8)).toString('hex')}`;
  try {
    fs.makeDirectory(place, 0o700);
    for (const file of FILES) copy(fs, `${directory}/${file}`, `${place}/${file}`);
    return place;
  } catch {
    clear(fs, place);
    return null;
  }
}

/** What cannot be read whole is no loss: the catalog is rebuilt from the log then. */
function copy(fs: FileSystem, from: string, to: string): void {
  if (!fs.lstat(from)) return;
  const source = fs.open(from, 'read');
  const target = fs.open(to, 'create-new', 0o600);
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let at = 0; ;) {
      const count = fs.read(source, chunk, 0, chunk.length, at);
      if (count === 0) return;
      writeAll(fs, target, chunk.subarray(0, count), at);
      at += count;
    }
  } finally {
    fs.close(source);
    fs.close(target);
  }
}

function clear(fs: FileSystem, place: string): void {
  attempt(() => {
    for (const { name } of fs.readDirectory(place)) if (name !== null) fs.unlink(`${place}/${name}`);
    fs.removeDirectory(place);
  });
}
