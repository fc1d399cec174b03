/** Digests of many files in a row: the work of one call of verify, in whatever thread it runs. Nothing is judged or kept. */
import { digestOf, type Digest } from '../core/digest.ts';
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import { statKeyOf, type StatKey } from '../core/stat-key.ts';
import { look } from './look.ts';
import { absolutePath, rememberParents, type ParentCheck } from './parents.ts';
import { isSame, readUpTo } from './read-settled.ts';
import type { Look, World } from './types.ts';

export interface HashedFile {
  /** Null for what cannot be read; `why` says then what it is. */
  readonly digest: Digest | null;
  /** Null where nothing is. */
  readonly key: StatKey | null;
  readonly why: string | null;
}

/** One buffer takes each file in turn. */
let shared = new Uint8Array(64 * 1024);

/** Of each call the bytes are those of the last. */
export function sharedBytes(size: number): Uint8Array {
  if (size > shared.length) shared = new Uint8Array(Math.max(size, 2 * shared.length));
  return shared.subarray(0, size);
}

/** Files too large to be held are left out (undefined): `hashAll` has them hashed where nobody waits for it. */
export function hashBatch(world: World, paths: readonly string[]): (HashedFile | undefined)[] {
  const options = { maxBytes: MAX_DOCUMENT_BYTES, allocate: sharedBytes, parents: rememberParents(world) };
  return paths.map((path) => hashQuickly(world, path, options.parents) ?? hashedOf(look(world, path, options)));
}

/**
 * A file that lies still, as nearly all do: what lstat saw is what fstat sees behind the read, so it was this file all the
 * while. Two calls fewer than a look, which is asked about everything else.
 */
function hashQuickly(world: World, path: string, parents: ParentCheck): HashedFile | undefined {
  let fd: number | null = null;
  try {
    if (parents(path) !== 'sound') return undefined;
    const absolute = absolutePath(world, path);
    const stat = world.fs.lstat(absolute);
    if (stat?.kind !== 'file' || stat.dev !== world.rootDevice || stat.size > MAX_DOCUMENT_BYTES) return undefined;
    fd = world.fs.open(absolute, 'read');
    const bytes = sharedBytes(stat.size);
    if (readUpTo(world, fd, bytes) < bytes.length || !isSame(world.fs.fstat(fd), stat)) return undefined;
    return { digest: digestOf(bytes), key: statKeyOf(stat), why: null };
  } catch {
    return undefined;
  } finally {
    if (fd !== null) world.fs.close(fd);
  }
}

export function hashAll(
  paths: readonly string[],
  hashed: readonly (HashedFile | undefined)[],
  hash: (path: string) => Promise<Look>,
): Promise<HashedFile[]> {
  return Promise.all(paths.map(async (path, index) => hashed[index] ?? hashedOf(await hash(path)) ?? CHANGING));
}

const CHANGING: HashedFile = { digest: null, key: null, why: 'it changes while it is read' };

function hashedOf(seen: Look): HashedFile | undefined {
  switch (seen.kind) {
    case 'file':
      return { digest: digestOf(seen.bytes), key: seen.key, why: null };
    case 'large':
      return seen.digest === null ? undefined : { digest: seen.digest, key: seen.key, why: null };
    case 'blocked':
      return { digest: null, key: seen.key, why: seen.detail };
    case 'absent':
      return { digest: null, key: null, why: null };
    case 'unstable':
      return CHANGING;
  }
}
