/**
 * A directory with the digests of what lies in it: what verify compares. One visit a file, with four calls, as many as reading
 * it takes: what changes meanwhile gets some digest that is not the recorded one, and is looked at again with more care. Texts
 * travel as columns (listing-columns.ts).
 */
import { digestOf, type Digest } from '../core/digest.ts';
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import { classify, type PathMeaning } from '../core/refs.ts';
import type { DirectoryEntry, FileKind } from '../host/ports.ts';
import { codeOf, messageOf } from './failures.ts';
import { hashBatch, sharedBytes } from './hash-batch.ts';
import { isOurs, join } from './ours.ts';
import { absolutePath } from './parents.ts';
import { readUpTo } from './read-settled.ts';
import { spellName } from './spell-name.ts';
import type { World } from './types.ts';
import { startsWithDot, unreadableDirectory } from './walk.ts';

export interface HashedDirectory {
  /** Below the root; '' is the root. */
  readonly path: string;
  readonly unreadable: string | undefined;
  /** Paths of the directories in it. */
  readonly directories: readonly string[];
  /** Each followed by a slash. */
  readonly names: string;
  /** 64 characters each; spaces where there is none. */
  readonly digests: string;
  /** Why a name is not served whatever is in it, or cannot be read. By position. */
  readonly whys: ReadonlyMap<number, string>;
  /** Files too large to be held: to be hashed where nobody waits for it. */
  readonly large: readonly string[];
}

interface Found {
  readonly name: string;
  readonly digest: Digest | null;
  readonly why: string | null;
}

export function hashDirectory(world: World, path: string): HashedDirectory {
  try {
    const unreadable = unreadableDirectory(world, path);
    return unreadable === undefined ? hashEntries(world, path) : nothingIn(path, unreadable);
  } catch (error) {
    const isGone = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    return nothingIn(path, isGone ? undefined : messageOf(error));
  }
}

const nothingIn = (path: string, unreadable: string | undefined): HashedDirectory =>
  columnsOf({ path, unreadable, directories: [], large: [] }, []);

function hashEntries(world: World, path: string): HashedDirectory {
  const meaningOf = meaningIn(path);
  const [directories, large, found]: [string[], string[], Found[]] = [[], [], []];
  for (const entry of world.fs.readDirectory(absolutePath(world, path))) {
    if (startsWithDot(entry)) continue;
    if (entry.name === null) {
      found.push(...unaddressable(entry));
      continue;
    }
    const at = join(path, entry.name);
    const kind = kindOf(world, at, entry);
    if (kind === undefined) continue;
    if (kind === 'directory') directories.push(at);
    const meaning = meaningOf(entry.name, at);
    if (meaning.kind === 'files-schema' || !isOurs(meaning, { kind })) continue;
    const hashed = kind === 'file' ? hashPlain(world, at) : undefined;
    const one = hashed ?? hashWithCare(world, at);
    if (one === undefined) large.push(at);
    else if (one.digest !== null || one.why !== null)
      found.push({ name: entry.name, ...one, why: one.why ?? refusalOf(meaning) });
  }
  return columnsOf({ path, unreadable: undefined, directories, large }, found);
}

/** Some file systems do not say in a listing what an entry is. */
const kindOf = (world: World, path: string, { kind }: DirectoryEntry): FileKind | undefined =>
  kind === 'other' ? world.fs.lstat(absolutePath(world, path))?.kind : kind;

const refusalOf = ({ kind }: PathMeaning): string | null => (kind === 'misnamed' ? 'its name is not allowed' : null);

/** Names that are a document wherever documents are: most, and told by one look. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9_-]{5,150}\.json$/;

function meaningIn(directory: string): (name: string, path: string) => PathMeaning {
  const example = classify(join(directory, 'example.json'));
  const hasDocuments = example.kind === 'document' && directory.length < MOST_DIRECTORY;
  return (name, path) => (hasDocuments && plainName.test(name) ? example : classify(path));
}

/** With a name behind it still a path. */
const MOST_DIRECTORY = 700;

function unaddressable({ rawName }: DirectoryEntry): Found[] {
  const name = spellName(rawName);
  return /\.jsonl?$/.test(name) ? [{ name, digest: null, why: 'its name is not UTF-8' }] : [];
}

type Hashed = Omit<Found, 'name'>;

/** Undefined for whatever is not simply there. */
function hashPlain(world: World, path: string): Hashed | undefined {
  let fd: number | null = null;
  try {
    fd = world.fs.open(absolutePath(world, path), 'read');
    const stat = world.fs.fstat(fd);
    if (stat.kind !== 'file' || stat.dev !== world.rootDevice || stat.size > MAX_DOCUMENT_BYTES) return undefined;
    const bytes = sharedBytes(stat.size);
    if (readUpTo(world, fd, bytes) < bytes.length) return undefined;
    return { digest: digestOf(bytes), why: null };
  } catch {
    return undefined;
  } finally {
    if (fd !== null) world.fs.close(fd);
  }
}

/** Undefined for what is too large to be held. */
const hashWithCare = (world: World, path: string): Hashed | undefined => hashBatch(world, [path])[0];

function columnsOf(
  directory: Pick<HashedDirectory, 'path' | 'unreadable' | 'directories' | 'large'>,
  found: readonly Found[],
): HashedDirectory {
  return {
    ...directory,
    names: found.map(({ name }) => `${name}/`).join(''),
    digests: found.map(({ digest }) => digest ?? NO_DIGEST).join(''),
    whys: new Map(found.flatMap(({ why }, at) => (why === null ? [] : [[at, why] as const]))),
  };
}

const DIGEST_CHARACTERS = 64;
const NO_DIGEST = ' '.repeat(DIGEST_CHARACTERS);

/** What was found at a path. */
export interface HashedName {
  readonly path: string;
  readonly digest: Digest | null;
  readonly why: string | null;
}

/** The names of a directory one by one. */
export function* filesIn({ path, names, digests, whys }: HashedDirectory): Generator<HashedName> {
  let nameAt = 0;
  for (let at = 0; nameAt < names.length; at++) {
    const nameEnd = names.indexOf('/', nameAt);
    const digest = digests.slice(at * DIGEST_CHARACTERS, (at + 1) * DIGEST_CHARACTERS);
    yield {
      path: join(path, names.slice(nameAt, nameEnd)),
      digest: digest === NO_DIGEST ? null : (digest as Digest),
      why: whys.get(at) ?? null,
    };
    nameAt = nameEnd + 1;
  }
}

/** How a walk that hashes goes on. A directory a call: hashing one takes as long as listing a hundred. */
export const hashing = { directoriesIn: ({ directories }: HashedDirectory) => directories, atOnce: 1 } as const;
