/**
 * Where the catalog works. SQLite needs free space even to read; a full disk shall keep nobody from reading. So where
 * `derived/` has no room, or cannot be written, a copy of it serves from the machine's place for temporary files until the next
 * start (FORMAT, derived).
 */
import { openCatalog, type CatalogOptions } from '../catalog/catalog.ts';
import { CatalogError } from '../catalog/catalog-error.ts';
import type { Catalog } from '../catalog/types.ts';
import { attempt, isKernelError, writeAll } from '../host/durable-files.ts';
import type { FileSystem, RandomBytes } from '../host/ports.ts';
import { temporaryDirectories } from '../host/temporary-directories.ts';

/** What a start writes: index pages of the log, and some frames. */
const ENOUGH_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const FILES = ['catalog.sqlite', 'catalog.sqlite-wal'];

export interface PlacedCatalog {
  readonly catalog: Catalog;
  /** Set when it does not work in `derived/`; to be disposed of after the catalog. */
  readonly spare: Disposable | null;
}

/** Throws what `openCatalog` throws when there is no other place either. */
export function openCatalogWherePossible(options: CatalogOptions & { readonly random: RandomBytes }): PlacedCatalog {
  const { fs, directory, random } = options;
  if (freeBytes(fs, directory) >= ENOUGH_BYTES) {
    try {
      return { catalog: openCatalog(options), spare: null };
    } catch (error) {
      if (!isKernelError(error) && !(error instanceof CatalogError)) throw error;
    }
  }
  const place = sparePlace(fs, directory, random);
  if (place === null) return { catalog: openCatalog(options), spare: null };
  const catalog = openCatalog({ ...options, directory: place });
  return { catalog, spare: { [Symbol.dispose]: () => clear(fs, place) } };
}

function freeBytes(fs: FileSystem, directory: string): number {
  try {
    return fs.space(directory).freeBytes;
  } catch {
    return 0;
  }
}

/** Null when no other file system has room. */
function sparePlace(fs: FileSystem, directory: string, random: RandomBytes): string | null {
  const device = fs.lstat(directory)?.dev;
  const needed = ENOUGH_BYTES + FILES.reduce((sum, file) => sum + (fs.lstat(`${directory}/${file}`)?.size ?? 0), 0);
  for (const parent of temporaryDirectories()) {
    if (fs.lstat(parent)?.dev === device || freeBytes(fs, parent) < needed) continue;
    const place = `${parent}/larder-catalog-${Buffer.from(random(8)).toString('hex')}`;
    try {
      fs.makeDirectory(place, 0o700);
      for (const file of FILES) copy(fs, `${directory}/${file}`, `${place}/${file}`);
      return place;
    } catch {
      clear(fs, place);
    }
  }
  return null;
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
