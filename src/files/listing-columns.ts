/**
 * Directory listings as they travel between threads: a column for each field. Cloning arrays of strings costs a fifth of
 * cloning an object for each name.
 */
import type { StatKey } from '../core/stat-key.ts';
import type { FileKind } from '../host/ports.ts';
import type { DirectoryListing } from './types.ts';

export interface ListingColumns {
  readonly path: string;
  readonly unreadable: string | undefined;
  readonly names: readonly string[];
  readonly keys: readonly StatKey[];
  /** One character a name. */
  readonly marks: string;
}

const KINDS: readonly FileKind[] = ['file', 'directory', 'symlink', 'other'];
const RACY = 4;
const UNADDRESSABLE = 8;
/** Marks are letters from here on, so that the column is a string of one byte a name. */
const FIRST_MARK = 'A'.charCodeAt(0);

export const toListingColumns = ({ path, unreadable, entries }: DirectoryListing): ListingColumns => ({
  path,
  unreadable,
  names: entries.map(({ name }) => name),
  keys: entries.map(({ key }) => key),
  marks: entries.map(markOf).join(''),
});

export function fromListingColumns({ path, unreadable, names, keys, marks }: ListingColumns): DirectoryListing {
  const entries = names.map((name, at) => ({
    name,
    key: keys[at] ?? ('' as StatKey),
    ...meaningOf(marks.charCodeAt(at)),
  }));
  return unreadable === undefined ? { path, entries } : { path, entries, unreadable };
}

type Marked = Pick<DirectoryListing['entries'][number], 'kind' | 'racy' | 'addressable'>;

const markOf = ({ kind, racy, addressable }: Marked): string =>
  String.fromCharCode(FIRST_MARK + KINDS.indexOf(kind) + (racy ? RACY : 0) + (addressable ? 0 : UNADDRESSABLE));

function meaningOf(mark: number): Marked {
  const bits = mark - FIRST_MARK;
  return {
    kind: KINDS[bits % KINDS.length] ?? 'other',
    racy: (bits & RACY) !== 0,
    addressable: (bits & UNADDRESSABLE) === 0,
  };
}
