/** Prepared statements with typed rows. Rows come as arrays in the order of the columns; `rows.ts` says what they hold. */
import type { Database, RunResult } from 'better-sqlite3';
import { translated } from './catalog-error.ts';

export type Bindable = string | number | Uint8Array | null;
export type RawRow = readonly unknown[];

export interface Query<Row> {
  all(...values: Bindable[]): Row[];
  get(...values: Bindable[]): Row | undefined;
}

/** Runs a statement that returns no rows. */
export type Command = (...values: Bindable[]) => RunResult;

/** Every statement throws CatalogError for what the machine did, and the error as it is for what we did. */
function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw translated(error);
  }
}

/** Prepared when it is asked first: a start and most lives need a few of them. */
function once<T>(prepare: () => T): () => T {
  let prepared: T | undefined;
  return () => (prepared ??= prepare());
}

export function prepareQuery<Row>(database: Database, sql: string, decode: (row: RawRow) => Row): Query<Row> {
  const statement = once(() => database.prepare<Bindable[], RawRow>(sql).raw());
  return {
    all: (...values) =>
      guarded(() =>
        statement()
          .all(...values)
          .map(decode),
      ),
    get(...values) {
      const row = guarded(() => statement().get(...values));
      return row === undefined ? undefined : decode(row);
    },
  };
}

export function prepareCommand(database: Database, sql: string): Command {
  const statement = once(() => database.prepare<Bindable[]>(sql));
  return (...values) => guarded(() => statement().run(...values));
}

export const execute = (database: Database, sql: string): void => void guarded(() => database.exec(sql));

/** The first column of a pragma's first row. */
export const pragma = (database: Database, source: string): unknown =>
  guarded(() => database.pragma(source, { simple: true }));
