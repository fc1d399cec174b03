/** Texts and full text of served documents, as the writer sees them. */
import type { Database } from 'better-sqlite3';
import { prepareCommand } from './sql.ts';
import type { DocumentContent } from './types.ts';

const INSERT_TEXT = 'INSERT INTO documents (id, text) VALUES (?, ?)';
const REPLACE_TEXT = 'INSERT OR REPLACE INTO documents (id, text) VALUES (?, ?)';
const DELETE_TEXT = 'DELETE FROM documents WHERE id = ?';
const INSERT_WORDS = 'INSERT INTO full_text (rowid, words) VALUES (?, ?)';
const REPLACE_WORDS = 'INSERT OR REPLACE INTO full_text (rowid, words) VALUES (?, ?)';
const DELETE_WORDS = 'DELETE FROM full_text WHERE rowid = ?';

export interface Texts {
  /** For a path that never had a text. */
  insert(id: number, content: DocumentContent): void;
  replace(id: number, content: DocumentContent): void;
  delete(id: number): void;
  /** How many were put into the index since the last call. */
  takeAdded(): number;
}

export function openTexts(database: Database): Texts {
  const insertText = prepareCommand(database, INSERT_TEXT);
  const insertWords = prepareCommand(database, INSERT_WORDS);
  const replaceText = prepareCommand(database, REPLACE_TEXT);
  const replaceWords = prepareCommand(database, REPLACE_WORDS);
  const deleteText = prepareCommand(database, DELETE_TEXT);
  const deleteWords = prepareCommand(database, DELETE_WORDS);
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
    takeAdded() {
      const taken = added;
      added = 0;
      return taken;
    },
  };
}
