/** What the rows of reads into the past hold. */
import type { Seq } from '../core/events.ts';
import type { RawRow } from './sql.ts';
import type { ListedEver } from './answers.ts';

/** Of paths p. The codes of `valid` and `deleted` (codes.ts) are what moves a served head. */
export const PAST_COLUMNS = `p.document, p.served_seq,
  (SELECT e.seq FROM events e WHERE e.path = p.id AND e.seq <= ? AND e.kind IN (0, 3) ORDER BY e.seq DESC LIMIT 1),
  (SELECT e.seq FROM events e WHERE e.source = p.id AND e.seq <= ? ORDER BY e.seq DESC LIMIT 1)`;

export function decodePast(row: RawRow): ListedEver {
  const [id, servedNow, here, away] = row as [string, Seq | null, Seq | null, Seq | null];
  const moved = here !== null && (away === null || here > away) ? here : null;
  return { id, seq: moved, isServedNow: moved !== null && moved === servedNow };
}
