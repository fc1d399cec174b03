/**
 * When full text is merged. FTS5 writes a segment a transaction and has to merge them; left alone it does so inside some unlucky
 * commit. Here it is done in steps of bounded size between transactions, and in quiet moments: merging beside a first index
 * rewrites the same words again and again, which was an eighth of it. Only when so many segments wait that a search
 * would feel them, a step is made in between.
 */
import type { Database } from 'better-sqlite3';
import type { Clock, Timer } from '../host/ports.ts';
import { CatalogError } from './catalog-error.ts';
import { decodeNumber } from './rows.ts';
import { prepareCommand, prepareQuery } from './sql.ts';

/** FTS5 wants an integer here, and a bound number would be a double. */
const MERGE = `INSERT INTO full_text (full_text, rank) VALUES ('merge', CAST(? AS INTEGER))`;
const CHANGES = 'SELECT total_changes()';
/** A step that did nothing counts one change (sqlite.org/fts5.html, the merge command). */
const NOTHING_DONE = 2;

/** Pages written by one step: about 10 ms. */
const STEP_PAGES = 100;
/** Documents from which on merging pays. */
const OWED_FROM = 16;
/** Transactions after which a step is made although more are coming. */
const MOST_UNMERGED = 64;
const QUIET_MS = 300;
const NEXT_STEP_MS = 20;

export interface Merging extends Disposable {
  /** A transaction was committed that put so many texts into the index. Called outside any transaction. */
  committed(texts: number): void;
}

export function openMerging(writer: Database, clock: Clock): Merging {
  const merge = prepareCommand(writer, MERGE);
  const changes = prepareQuery(writer, CHANGES, decodeNumber);
  let owed = 0;
  let unmerged = 0;
  let timer: Timer | null = null;

  function step(): void {
    const before = changes.get() ?? 0;
    merge(STEP_PAGES);
    const done = (changes.get() ?? 0) - before;
    if (done < NOTHING_DONE) [owed, unmerged] = [0, 0];
  }

  function stepInQuiet(): void {
    timer = null;
    if (writer.inTransaction) return arm(QUIET_MS);
    const isDone = attempt(step);
    if (isDone && owed >= OWED_FROM) arm(NEXT_STEP_MS);
  }

  function arm(inMs: number): void {
    timer?.cancel();
    timer = clock.after(inMs, stepInQuiet);
  }

  return {
    committed(texts) {
      owed += texts;
      if (texts > 0) unmerged++;
      if (owed < OWED_FROM) return;
      if (unmerged >= MOST_UNMERGED) attempt(step);
      arm(QUIET_MS);
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}

/** Merging may be put off: a full or failing disk is told to whoever applies the next frames. */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof CatalogError) return false;
    throw error;
  }
}
