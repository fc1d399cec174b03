import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openMerging } from '../../src/catalog/merging.ts';
import { TABLES } from '../../src/catalog/tables.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';

function openIndex() {
  const database = new Database(':memory:');
  database.exec(TABLES);
  const clock = simulatedClock();
  const merging = openMerging(database, clock);
  let id = 0;
  const commit = (texts: number): void => {
    database.exec('BEGIN');
    for (let text = 0; text < texts; text++)
      database.prepare('INSERT INTO full_text (rowid, words) VALUES (?, ?)').run(++id, `word${id} shared`);
    database.exec('COMMIT');
    merging.committed(texts);
  };
  const segments = (): number =>
    Number(database.prepare('SELECT count(DISTINCT segid) FROM full_text_idx').pluck().get());
  return { database, clock, commit, segments };
}

test('full text is merged once it is quiet, not beside the work', async () => {
  const { clock, commit, segments, database } = openIndex();
  for (let transaction = 0; transaction < 40; transaction++) commit(20);
  expect(segments()).toBe(40);
  await clock.advance(5000);
  expect(segments()).toBeLessThan(8);
  expect(database.prepare("SELECT count(*) FROM full_text WHERE full_text MATCH 'shared'").pluck().get()).toBe(800);
});

test('work without an end is merged in between, so that a search never visits many segments', () => {
  const { commit, segments } = openIndex();
  for (let transaction = 0; transaction < 400; transaction++) commit(4);
  expect(segments()).toBeLessThan(100);
});

test('an open transaction is not merged into', async () => {
  const { database, clock, commit, segments } = openIndex();
  for (let transaction = 0; transaction < 10; transaction++) commit(10);
  database.exec('BEGIN');
  await clock.advance(5000);
  expect(segments()).toBe(10);
  database.exec('COMMIT');
  await clock.advance(5000);
  expect(segments()).toBeLessThan(8);
});
