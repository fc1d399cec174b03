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

export class Transactions {
  readonly #writer: Database;
  readonly #scopes: Scopes;
  readonly #setReached: (seq: Seq) => unknown;
  readonly #begin: () => unknown;
  readonly #commit: () => unknown;
  readonly #rollback: () => unknown;
  #aside: (() => void)[] = [];
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

  /** Runs a write in a transaction of its own, now or as soon as there is none open; without space it waits for some. */
  aside(write: () => void): void {
    this.#aside.push(write);
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

  /** Writes what came while a transaction was open. */
  writeAside(): void {
    if (this.#aside.length === 0) return;
    try {
      this.#begin();
      for (const write of this.#aside) write();
      this.#scopes.flush();
      this.#commit();
      this.#aside = [];
    } catch (error) {
      this.rollback();
      if (error instanceof CatalogError && error.failure === 'full') return;
      this.#aside = [];
      throw error;
    }
  }
}
