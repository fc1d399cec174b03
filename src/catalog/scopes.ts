/**
 * Namespaces and collections with their counters, held in memory beside their table: they are few, and every entry counts.
 * Counters reach the table once a transaction; a transaction that is rolled back makes them be read again.
 */
import type { Database } from 'better-sqlite3';
import { decodeScope, SCOPE_COLUMNS, type ScopeRow } from './rows.ts';
import { prepareCommand, prepareQuery } from './sql.ts';

const ALL = `SELECT ${SCOPE_COLUMNS} FROM scopes`;
const INSERT = 'INSERT INTO scopes (name) VALUES (?)';
const UPDATE = 'UPDATE scopes SET documents = ?, present = ?, problems = ? WHERE id = ?';

/** What one path adds to the counters of its scopes. */
export interface Share {
  readonly documents: number;
  readonly present: number;
  readonly problems: number;
}

export class Scope {
  readonly id: number;
  readonly name: string;
  /** The namespace of a collection. */
  readonly parent: Scope | null;
  documents: number;
  present: number;
  problems: number;

  constructor(row: ScopeRow, parent: Scope | null) {
    this.id = row.id;
    this.name = row.name;
    this.parent = parent;
    this.documents = row.documents;
    this.present = row.present;
    this.problems = row.problems;
  }
}

export interface Scopes {
  /** The scope of this name, made where it is new. */
  named(name: string): Scope;
  byId(id: number): Scope;
  /** Moves the counters of a scope and of the namespace above it. */
  count(scope: Scope | null, before: Share, after: Share): void;
  /** Writes what changed. */
  flush(): void;
  /** Forgets what was not flushed. */
  reload(): void;
}

export function openScopes(database: Database): Scopes {
  const all = prepareQuery(database, ALL, decodeScope);
  const insert = prepareCommand(database, INSERT);
  const update = prepareCommand(database, UPDATE);
  const byName = new Map<string, Scope>();
  const byId = new Map<number, Scope>();
  const dirty = new Set<Scope>();

  function add(row: ScopeRow): Scope {
    const slash = row.name.indexOf('/');
    const scope = new Scope(row, slash < 0 ? null : named(row.name.slice(0, slash)));
    byName.set(scope.name, scope);
    byId.set(scope.id, scope);
    return scope;
  }

  function named(name: string): Scope {
    const known = byName.get(name);
    if (known) return known;
    return add({ id: Number(insert(name).lastInsertRowid), name, documents: 0, present: 0, problems: 0 });
  }

  const scopes: Scopes = {
    named,
    byId(id) {
      const scope = byId.get(id);
      if (!scope) throw new RangeError(`no scope has the id ${id}`);
      return scope;
    },
    count(scope, before, after) {
      for (let at = scope; at !== null; at = at.parent) {
        at.documents += after.documents - before.documents;
        at.present += after.present - before.present;
        at.problems += after.problems - before.problems;
        dirty.add(at);
      }
    },
    flush() {
      for (const { documents, present, problems, id } of dirty) update(documents, present, problems, id);
      dirty.clear();
    },
    reload() {
      byName.clear();
      byId.clear();
      dirty.clear();
      // A namespace has a lower id than its collections only as a rule: names without a slash come first.
      const rows = all.all().toSorted((a, b) => Number(a.name.includes('/')) - Number(b.name.includes('/')));
      for (const row of rows) add(row);
    },
  };
  scopes.reload();
  return scopes;
}
