/**
 * Transactions of the writer, and what is written beside frames: sightings and derived problems, which come at any moment,
 * also while a frame's transaction is open. They wait for its end, so that its fate is not theirs.
 */
import type { Database } from 'better-sqlite3';
import type { Seq } from '../core/events.ts';
import { CatalogError } from './catalog-error.ts';
import type { Scopes } from './scopes.ts';
import { prepareCommand } from './sql.ts';

const REACHED = 'UPDATE state SET reached = ?';
/** Kept while there is no space to write them; past these the oldest are forgotten, and found again by the next look. */
const MOST_ASIDE = 1000;
/** Rows that are written beside frames before the event loop is given back. */
const ASIDE_ROWS = 200;

interface Aside {
  readonly write: () => void;
  readonly rows: number;
}

export class Transactions {
  readonly #writer: Database;
  readonly #scopes: Scopes;
  readonly #setReached: (seq: Seq) => unknown;
  readonly #begin: () => unknown;
  readonly #commit: () => unknown;
  readonly #rollback: () => unknown;
  #aside: Aside[] = [];
  #commits = 0;

  constructor(writer: Database, scopes: Scopes) {
    this.#writer = writer;
    this.#scopes = scopes;
    this.#setReached = prepareCommand(writer, REACHED);
    this.#begin = prepareCommand(writer, 'BEGIN IMMEDIATE');
    const commit = prepareCommand(writer, 'COMMIT');
    this.#commit = () => {
      this.#commits++;
      commit();
    };
    this.#rollback = prepareCommand(writer, 'ROLLBACK');
  }

  /** Rises with every commit: what was read before may be no longer so. */
  get commits(): number {
    return this.#commits;
  }

  begin(): void {
    this.#begin();
  }

  /** Ends the transaction of frames up to a seq. */
  commit(reached: Seq): void {
    this.#setReached(reached);
    this.#scopes.flush();
    this.#commit();
  }

  /** SQLite rolls back by itself after some failures, a full disk among them. */
  rollback(): void {
    if (this.#writer.inTransaction) this.#rollback();
    this.#scopes.reload();
  }

  /** Whether something waits to be written beside frames. */
  get hasAside(): boolean {
    return this.#aside.length > 0;
  }

  /** Runs a write in a transaction of its own, now or as soon as there is none open; without space it waits for some. */
  aside(write: () => void, rows = 1): void {
    this.#aside.push({ write, rows });
    if (this.#aside.length > MOST_ASIDE) this.#aside.shift();
    if (!this.#writer.inTransaction) this.writeAside();
  }

  /** Runs a write in a transaction of its own; there must be none open. */
  alone(write: () => void): void {
    this.#begin();
    try {
      write();
      this.#commit();
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Writes of what came while a transaction was open as much as one turn may hold; true when more can be written now. */
  writeAside(): boolean {
    const due = this.#nextAside();
    if (due.length === 0) return false;
    try {
      this.#begin();
      for (const { write } of due) write();
      this.#scopes.flush();
      this.#commit();
    } catch (error) {
      this.rollback();
      if (error instanceof CatalogError && error.failure === 'full') return false;
      this.#aside.splice(0, due.length);
      throw error;
    }
    this.#aside.splice(0, due.length);
    return this.hasAside;
  }

  #nextAside(): Aside[] {
    let rows = 0;
    const end = this.#aside.findIndex((one, index) => (rows += one.rows) > ASIDE_ROWS && index > 0);
    return this.#aside.slice(0, end < 0 ? undefined : end);
  }
}
