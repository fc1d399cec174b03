/** Reads of what is known of paths: what the reconciler decides by. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import { directoriesIn, justAfter } from './name-ranges.ts';
import { splitPath } from './places.ts';
import { digestToBlob } from './body-columns.ts';
import {
  decodeHead,
  decodeKnownName,
  decodeNumber,
  decodePathName,
  decodeText,
  HEAD_COLUMNS,
  NOTHING_SERVED,
  SERVED_HEAD_COLUMNS,
  decodeServedHead,
  type HeadRow,
  KNOWN_NAME_COLUMNS,
} from './rows.ts';
import { prepareQuery } from './sql.ts';
import type { Catalog, Head } from './types.ts';

const HEADS = `SELECT ${HEAD_COLUMNS} FROM paths p`;

const SERVED_HEAD = `SELECT ${SERVED_HEAD_COLUMNS} FROM events WHERE seq = ?`;

/** One path. Every read of a document begins here. */
export const HEAD = `${HEADS} WHERE p.directory = ? AND p.name = ? AND p.known`;

/** Paths whose file has these bytes: the index tells digests apart by their beginning. */
export const HEADS_WITH_DIGEST = `${HEADS} WHERE substr(p.disk_digest, 1, 6) = substr(?, 1, 6) AND p.disk_digest = ?`;

/** What a directory holds, in the order in which the rescan compares it. */
export const NAMES_IN = `
  SELECT ${KNOWN_NAME_COLUMNS} FROM paths WHERE directory = ? AND name > ? AND known ORDER BY name LIMIT ?`;

/** The next directory with a known name, so that a directory costs one step however many names it holds. */
export const NEXT_DIRECTORY = `
  SELECT directory FROM paths WHERE directory >= ? AND directory < ? AND known ORDER BY directory LIMIT 1`;

const PRESENT = 'known AND (disk_digest IS NOT NULL OR served_seq IS NOT NULL)';

export const PRESENT_BELOW = `
  SELECT directory, name FROM paths WHERE directory >= ? AND directory < ? AND ${PRESENT} ORDER BY directory, name LIMIT ?`;

/** A walk over all that is on disk, a page at a time. */
export const PRESENT_AFTER = `
  SELECT directory, name FROM paths WHERE (directory, name) > (?, ?) AND known AND disk_digest IS NOT NULL
  ORDER BY directory, name LIMIT ?`;

export const COUNT_PRESENT_BELOW = `SELECT count(*) FROM paths WHERE directory >= ? AND directory < ? AND ${PRESENT}`;

/** A collection is counted already. */
export const COUNT_PRESENT_IN_SCOPE = 'SELECT present FROM scopes WHERE name = ?';

/** A path that is its own folded form, or one of the few that are not. */
export const FOLDED_AS = `
  SELECT directory, name FROM paths WHERE directory = ? AND name = ? AND folded IS NULL AND ${PRESENT}
  UNION ALL SELECT directory, name FROM paths WHERE folded = ? AND ${PRESENT}`;

type HeadReads = Pick<
  Catalog,
  | 'head'
  | 'headsWithDigest'
  | 'namesIn'
  | 'directoriesBelow'
  | 'presentBelow'
  | 'presentAfter'
  | 'countPresentBelow'
  | 'pathFoldedAs'
>;

/** A write asks for the head of its path some five times, and documents that are written often are written again. */
const MOST_REMEMBERED = 4000;

interface RememberedHeads {
  /** The last commit made these heads and changed no others: what is remembered stays true. */
  readonly committed: (heads: ReadonlyMap<string, Head>) => void;
}

/** `commits` rises whenever a head may have changed. */
export function openHeadReads(reader: Database, commits: () => number): HeadReads & RememberedHeads {
  const head = prepareQuery(reader, HEAD, decodeHead);
  const headsWithDigest = prepareQuery(reader, HEADS_WITH_DIGEST, decodeHead);
  const servedHead = prepareQuery(reader, SERVED_HEAD, decodeServedHead);
  const namesIn = prepareQuery(reader, NAMES_IN, decodeKnownName);
  const nextDirectory = prepareQuery(reader, NEXT_DIRECTORY, decodeText);
  const presentBelow = prepareQuery(reader, PRESENT_BELOW, decodePathName);
  const presentAfter = prepareQuery(reader, PRESENT_AFTER, decodePathName);
  const countBelow = prepareQuery(reader, COUNT_PRESENT_BELOW, decodeNumber);
  const countInScope = prepareQuery(reader, COUNT_PRESENT_IN_SCOPE, decodeNumber);
  const foldedAs = prepareQuery(reader, FOLDED_AS, decodePathName);

  const withServed = ({ head: known, servedSeq }: HeadRow): Head => ({
    ...known,
    ...(servedSeq === null ? NOTHING_SERVED : (servedHead.get(servedSeq) ?? NOTHING_SERVED)),
  });

  const readHead = (path: string): Head | undefined => {
    const { directory, name } = splitPath(path);
    const row = head.get(directory, name);
    return row && withServed(row);
  };

  return {
    ...rememberHeads(readHead, commits),
    headsWithDigest(digest: Digest) {
      const blob = digestToBlob(digest);
      return headsWithDigest.all(blob, blob).map(withServed);
    },
    namesIn: (directory, after, limit) => namesIn.all(directory, after, limit),
    directoriesBelow(directory) {
      const found: string[] = [];
      for (const { from, to } of directoriesIn(directory)) {
        let next = nextDirectory.get(from, to);
        for (; next !== undefined; next = nextDirectory.get(justAfter(next), to)) found.push(next);
      }
      return found;
    },
    presentBelow(directory, limit) {
      const found = directoriesIn(directory).flatMap(({ from, to }) => presentBelow.all(from, to, limit));
      return found.slice(0, limit);
    },
    presentAfter(path, limit) {
      const { directory, name } = splitPath(path);
      return presentAfter.all(directory, name, limit);
    },
    countPresentBelow(directory) {
      const counted = countInScope.get(directory);
      if (counted !== undefined) return counted;
      return directoriesIn(directory).reduce((sum, { from, to }) => sum + (countBelow.get(from, to) ?? 0), 0);
    },
    pathFoldedAs(form, path) {
      const { directory, name } = splitPath(form);
      return foldedAs.all(directory, name, form).find((found) => found !== path);
    },
  };
}

function rememberHeads(
  read: (path: string) => Head | undefined,
  commits: () => number,
): RememberedHeads & Pick<HeadReads, 'head'> {
  const remembered = new Map<string, Head | undefined>();
  let rememberedAt = -1;
  return {
    committed(heads) {
      // Two commits since: something else was written beside these heads, and may have changed what is remembered.
      if (rememberedAt !== commits() - 1) return;
      for (const [path, now] of heads) remembered.set(path, now);
      rememberedAt = commits();
    },
    head(path) {
      if (rememberedAt !== commits() || remembered.size >= MOST_REMEMBERED) remembered.clear();
      rememberedAt = commits();
      if (remembered.has(path)) return remembered.get(path);
      const found = read(path);
      remembered.set(path, found);
      return found;
    },
  };
}
