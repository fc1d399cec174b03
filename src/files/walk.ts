/**
 * One directory at a time, by lstat alone. The walk never leaves the root: symlinks are listed and not followed, other
 * devices are not entered, and names that start with a dot (`.larder` among them) are not ours to see.
 */
import { isRacy, statKeyOf } from '../core/stat-key.ts';
import type { DirectoryEntry } from '../host/ports.ts';
import { codeOf, messageOf } from './failures.ts';
import { absolutePath, checkParents } from './parents.ts';
import { spellName } from './spell-name.ts';
import type { DirectoryListing, ListedName, World } from './types.ts';

const DOT = 0x2e;

/** Of a name that cannot be passed back to the kernel as text; constant, because such a name is reported once. */
const NO_KEY = statKeyOf({ size: 0, mtimeNs: 0n, ctimeNs: 0n, ino: 0n, birthtimeNs: 0n });

/** Lists what is directly in a directory. A directory that is not there has no entries; one that cannot be read says why. */
export function walkDirectory(world: World, path: string): DirectoryListing {
  try {
    const reason = unreadableDirectory(world, path);
    if (reason !== undefined) return { path, entries: [], unreadable: reason };
    return { path, entries: listEntries(world, path) };
  } catch (error) {
    const isGone = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    return isGone ? { path, entries: [] } : { path, entries: [], unreadable: messageOf(error) };
  }
}

/** Directories listed by one call. */
export const LISTED_AT_ONCE = 8;

/** The directories below a listed one that a walk of the whole tree goes on with. */
export const directoriesIn = ({ path, entries }: DirectoryListing): string[] =>
  entries
    .filter(({ kind, addressable }) => kind === 'directory' && addressable)
    .map(({ name }) => (path === '' ? name : `${path}/${name}`));

/** Why it cannot be entered, if it is one. */
export function unreadableDirectory(world: World, path: string): string | undefined {
  const parents = checkParents(world, path === '' ? '' : `${path}/`);
  return typeof parents === 'string' ? undefined : parents.detail;
}

export const startsWithDot = ({ rawName }: DirectoryEntry): boolean => rawName[0] === DOT;

function listEntries(world: World, path: string): ListedName[] {
  const directory = absolutePath(world, path);
  const entries: ListedName[] = [];
  for (const entry of world.fs.readDirectory(directory)) {
    if (startsWithDot(entry)) continue;
    const listed = entry.name === null ? unaddressable(entry) : lookAtName(world, directory, entry.name);
    if (listed) entries.push(listed);
  }
  return entries;
}

function lookAtName(world: World, directory: string, name: string): ListedName | undefined {
  const readAtNs = world.clock.nowNs();
  const stat = world.fs.lstat(`${directory}/${name}`);
  if (!stat) return undefined;
  return { name, addressable: true, kind: stat.kind, key: statKeyOf(stat), racy: isRacy(stat.ctimeNs, readAtNs) };
}

const unaddressable = ({ rawName, kind }: DirectoryEntry): ListedName => ({
  name: spellName(rawName),
  addressable: false,
  kind,
  key: NO_KEY,
  racy: false,
});
