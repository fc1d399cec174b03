/**
 * Texts of served documents and the full text index over them, as the writer sees them. FTS5 collects small segments and has
 * to merge them; left alone it does so inside some unlucky commit. Here it is done in steps of bounded size between
 * transactions, in proportion to what was added.
 */
import type { Database } from 'better-sqlite3';
import { prepareCommand } from './sql.ts';
import type { DocumentContent } from './types.ts';

const INSERT_TEXT = 'INSERT INTO documents (id, text) VALUES (?, ?)';
const REPLACE_TEXT = 'INSERT OR REPLACE INTO documents (id, text) VALUES (?, ?)';
const DELETE_TEXT = 'DELETE FROM documents WHERE id = ?';
const INSERT_WORDS = 'INSERT INTO full_text (rowid, words) VALUES (?, ?)';
const REPLACE_WORDS = 'INSERT OR REPLACE INTO full_text (rowid, words) VALUES (?, ?)';
const DELETE_WORDS = 'DELETE FROM full_text WHERE rowid = ?';
/** FTS5 wants an integer here, and a bound number would be a double. */
const MERGE = `INSERT INTO full_text (full_text, rank) VALUES ('merge', CAST(? AS INTEGER))`;

/** Documents between two steps of merging. */
const STEP_EVERY = 16;
/** Pages written by one step: about 10 ms. */
const LARGEST_STEP_PAGES = 100;

export interface Texts {
  /** For a path that never had a text. */
  insert(id: number, content: DocumentContent): void;
  replace(id: number, content: DocumentContent): void;
  delete(id: number): void;
  /** Merges a little when enough was added; a transaction of its own. */
  mergeStep(): void;
}

export function openTexts(database: Database): Texts {
  const insertText = prepareCommand(database, INSERT_TEXT);
  const insertWords = prepareCommand(database, INSERT_WORDS);
  const replaceText = prepareCommand(database, REPLACE_TEXT);
  const replaceWords = prepareCommand(database, REPLACE_WORDS);
  const deleteText = prepareCommand(database, DELETE_TEXT);
  const deleteWords = prepareCommand(database, DELETE_WORDS);
  const merge = prepareCommand(database, MERGE);
  let added = 0;
  return {
    insert(id, { text, searchText }) {
      insertText(id, text);
      insertWords(id, searchText);
      added++;
    },
    replace(id, { text, searchText }) {
      replaceText(id, text);
      replaceWords(id, searchText);
      added++;
    },
    delete(id) {
      deleteText(id);
      deleteWords(id);
    },
    mergeStep() {
      if (added < STEP_EVERY) return;
      merge(Math.min(added, LARGEST_STEP_PAGES));
      added = 0;
    },
  };
}
