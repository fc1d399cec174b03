import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { TABLES } from '../../src/catalog/tables.ts';
import { openTexts } from '../../src/catalog/texts.ts';

const large = (word: string): string => `${word}\n${'many words of a long text '.repeat(3000)}`;

function openIndex() {
  const database = new Database(':memory:');
  database.exec(TABLES);
  const texts = openTexts(database);
  const put = (id: number, text: string, word: string): void => texts.replace(id, { text, searchText: large(word) });
  const found = (word: string): unknown[] =>
    database.prepare('SELECT rowid FROM full_text WHERE full_text MATCH ?').pluck().all(word);
  const text = (id: number): unknown => database.prepare('SELECT text FROM documents WHERE id = ?').pluck().get(id);
  return { database, texts, put, found, text };
}

test('a large document whose words stay is not indexed again, and its text is the new one all the same', () => {
  const { texts, put, found, text } = openIndex();
  put(1, 'first', 'apple');
  put(1, 'second', 'apple');
  expect([texts.takeAdded(), text(1), found('apple')]).toEqual([1, 'second', [1]]);
  put(1, 'third', 'pear');
  expect([found('apple'), found('pear')]).toEqual([[], [1]]);
});

test('a large document that comes back after its deletion is found again', () => {
  const { texts, put, found } = openIndex();
  put(1, 'first', 'apple');
  texts.delete(1);
  expect(found('apple')).toEqual([]);
  put(1, 'second', 'apple');
  expect(found('apple')).toEqual([1]);
});

test('a large document that was indexed in a transaction rolled back is indexed again', () => {
  const { database, texts, put, found } = openIndex();
  database.exec('BEGIN');
  put(1, 'first', 'apple');
  texts.forget();
  database.exec('ROLLBACK');
  put(1, 'first', 'apple');
  expect(found('apple')).toEqual([1]);
});

test('of many large documents each is found by its newest words', () => {
  const { put, found } = openIndex();
  for (let round = 0; round < 3; round++) for (let id = 1; id <= 7; id++) put(id, `${round}`, `word${round}of${id}`);
  for (let id = 1; id <= 7; id++) expect([found(`word1of${id}`), found(`word2of${id}`)]).toEqual([[], [id]]);
});
