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
  /** The transaction was rolled back: what was put into the index is not there. */
  forget(): void;
  /** How many were put into the index since the last call. */
  takeAdded(): number;
}

/** Indexing the words of a large document costs more than all else of a PATCH, which often changes a number alone. */
const LARGE_TEXT = 64 * 1024;
const MOST_REMEMBERED = 4;

export function openTexts(database: Database): Texts {
  const insertText = prepareCommand(database, INSERT_TEXT);
  const insertWords = prepareCommand(database, INSERT_WORDS);
  const replaceText = prepareCommand(database, REPLACE_TEXT);
  const replaceWords = prepareCommand(database, REPLACE_WORDS);
  const deleteText = prepareCommand(database, DELETE_TEXT);
  const deleteWords = prepareCommand(database, DELETE_WORDS);
  const largeById = new Map<number, string>();
  let added = 0;

  const putWords = (id: number, words: string, put: typeof replaceWords): void => {
    if (largeById.get(id) === words) return;
    largeById.delete(id);
    put(id, words);
    added++;
    if (words.length < LARGE_TEXT) return;
    const [oldest] = largeById.keys();
    if (largeById.size >= MOST_REMEMBERED && oldest !== undefined) largeById.delete(oldest);
    largeById.set(id, words);
  };

  return {
    insert(id, { text, searchText }) {
      insertText(id, text);
      putWords(id, searchText, insertWords);
    },
    replace(id, { text, searchText }) {
      replaceText(id, text);
      putWords(id, searchText, replaceWords);
    },
    delete(id) {
      deleteText(id);
      deleteWords(id);
      largeById.delete(id);
    },
    forget: () => largeById.clear(),
    takeAdded() {
      const taken = added;
      added = 0;
      return taken;
    },
  };
}
