/**
 * Directory listings as they travel between threads: one text for each field. It arrives at the price of its bytes, where an
 * array of a hundred thousand names holds up the thread that receives it for some 50 ms, and an object for each five times as
 * long; and it is taken apart in slices.
 */
import type { StatKey } from '../core/stat-key.ts';
import type { Pace } from '../host/pace.ts';
import type { FileKind } from '../host/ports.ts';
import type { DirectoryListing, ListedName } from './types.ts';

export interface ListingColumns {
  readonly path: string;
  readonly unreadable: string | undefined;
  /** Each followed by a slash, which no name and no stat identity holds. */
  readonly names: string;
  readonly keys: string;
  /** One character a name. */
  readonly marks: string;
}

const END = '/';
const KINDS: readonly FileKind[] = ['file', 'directory', 'symlink', 'other'];
const RACY = 4;
const UNADDRESSABLE = 8;
/** Marks are letters from here on, so that the column is a string of one byte a name. */
const FIRST_MARK = 'A'.charCodeAt(0);
/** Taken apart before it is asked whether the slice is over. */
const AT_ONCE = 200;

export const toListingColumns = ({ path, unreadable, entries }: DirectoryListing): ListingColumns => ({
  path,
  unreadable,
  names: entries.map(({ name }) => name + END).join(''),
  keys: entries.map(({ key }) => key + END).join(''),
  marks: entries.map(markOf).join(''),
});

export async function fromListingColumns(columns: ListingColumns, pace: Pace): Promise<DirectoryListing> {
  const { path, unreadable, names, keys, marks } = columns;
  const entries: ListedName[] = [];
  let [nameAt, keyAt] = [0, 0];
  for (let at = 0; at < marks.length; at++) {
    const [nameEnd, keyEnd] = [names.indexOf(END, nameAt), keys.indexOf(END, keyAt)];
    const [name, key] = [names.slice(nameAt, nameEnd), keys.slice(keyAt, keyEnd) as StatKey];
    entries.push({ name, key, ...meaningOf(marks.charCodeAt(at)) });
    [nameAt, keyAt] = [nameEnd + 1, keyEnd + 1];
    if (at % AT_ONCE === AT_ONCE - 1) await pace();
  }
  return unreadable === undefined ? { path, entries } : { path, entries, unreadable };
}

type Marked = Pick<ListedName, 'kind' | 'racy' | 'addressable'>;

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
