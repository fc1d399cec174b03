/** What is remembered beside frames: stat identities without an event, derived problems, and by which schemas they were derived. */
import type { Database } from 'better-sqlite3';
import type { Digest } from '../core/digest.ts';
import type { Tables } from './apply-entry.ts';
import { prepareCommand, prepareQuery } from './sql.ts';
import type { Transactions } from './transactions.ts';
import type { Catalog, DerivedMarks } from './types.ts';

type Sightings = Pick<Catalog, 'noteSeen' | 'setDerived' | 'judged' | 'noteJudged'>;

const JUDGED = 'SELECT judged FROM state';
const NOTE_JUDGED = 'UPDATE state SET judged = ?';

export function openSightings(writer: Database, tables: Tables, transactions: Transactions): Sightings {
  const judgedText = prepareQuery(writer, JUDGED, (row) => row[0] as string);
  const setJudged = prepareCommand(writer, NOTE_JUDGED);
  const judged = (): Record<string, Digest> => JSON.parse(judgedText.get() ?? '{}') as Record<string, Digest>;
  return {
    judged,
    noteJudged(collection, schema) {
      const { [collection]: _, ...others } = judged();
      const all = schema === null ? others : { ...others, [collection]: schema };
      transactions.aside(() => setJudged(JSON.stringify(all)));
    },
    noteSeen(seen) {
      if (seen.length > 0)
        transactions.aside(() => seen.forEach(({ path, seen: at }) => tables.paths.see(path, at)), seen.length);
    },
    setDerived: (marksByPath) =>
      transactions.aside(() => {
        for (const [path, marks] of marksByPath) writeDerived(tables, path, marks);
      }, marksByPath.size),
  };
}

function writeDerived(
  { paths, problems, events }: Tables,
  path: string,
  { digest, problems: derived }: DerivedMarks,
): void {
  const row = paths.load(path);
  if (!row) return;
  // Written anew while it was being judged: its version brought its own marks.
  if (row.servedSeq !== null && events.digestOf(row.servedSeq) !== digest) return;
  // Deleted, or moved away, while it was being judged: there is nothing to mark.
  problems.replaceDerived(path, row, row.servedSeq === null ? [] : derived);
  paths.save(row, { ...row, problems: problems.bitsOf(path) });
}
