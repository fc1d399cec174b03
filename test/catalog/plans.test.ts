import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import * as heads from '../../src/catalog/heads.ts';
import * as histories from '../../src/catalog/histories.ts';
import * as trails from '../../src/catalog/trails.ts';
import * as lists from '../../src/catalog/lists.ts';
import * as pastLists from '../../src/catalog/past-lists.ts';
import * as problems from '../../src/catalog/problems.ts';
import * as selections from '../../src/catalog/selections.ts';
import { TABLES } from '../../src/catalog/tables.ts';

const database = new Database(':memory:');
database.exec(TABLES);

const planOf = (sql: string): string =>
  database
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null))
    .map(({ detail }) => detail)
    .join('\n');

const cases: readonly (readonly [string, string, string])[] = [
  ['one path', heads.HEAD, 'paths_by_name'],
  ['the names of a directory', heads.NAMES_IN, 'known_by_name'],
  ['the next directory', heads.NEXT_DIRECTORY, 'known_by_name'],
  ['where bytes lie', heads.HEADS_WITH_DIGEST, 'paths_by_digest'],
  ['what is present below', heads.PRESENT_BELOW, 'known_by_name'],
  ['how much is present below', heads.COUNT_PRESENT_BELOW, 'known_by_name'],
  ['how much is present in a collection', heads.COUNT_PRESENT_IN_SCOPE, 'INDEX'],
  ['a walk over all that is present', heads.PRESENT_AFTER, 'known_by_name'],
  ['a name that differs only in case', heads.FOLDED_AS, 'paths_by_folded'],
  ['a page of a list', lists.LIST, 'served_by_id'],
  ['a batch to judge again', lists.SERVED, 'served_by_id'],
  ['whether a document is marked', problems.HAS_DERIVED, 'PRIMARY KEY'],
  ['what was deleted', lists.LIST_DELETED, 'deleted_by_id'],
  ['what was deleted by hand', lists.DELETED_BY_HAND, 'INTEGER PRIMARY KEY'],
  ['the text of a document', lists.TEXT, 'paths_by_name'],
  ['the collections of a namespace', lists.SUMMARIES, 'INDEX'],
  ['one collection', lists.SUMMARY, 'INDEX'],
  ['the feed of everything', histories.EVENTS_AFTER, 'INTEGER PRIMARY KEY'],
  ['the feed of a collection', histories.EVENTS_IN_SCOPE_AFTER, 'PRIMARY KEY (scope=? AND seq>?)'],
  ['the newest events of everything', histories.EVENTS_BEFORE, 'INTEGER PRIMARY KEY'],
  ['the newest events of a collection', histories.EVENTS_IN_SCOPE_BEFORE, 'PRIMARY KEY (scope=? AND seq<?)'],
  ['what a version was appended to', histories.VERSION, 'INTEGER PRIMARY KEY'],
  ['a version by its bytes', trails.VERSION_WITH, 'events_by_path'],
  ['whether a path had some bytes', histories.HAD_DIGEST, 'events_by_path'],
  ['a clock that went back', histories.OLDER_BEHIND, 'sets_set_back'],
  ['the end of a change set', histories.LAST_OF_SET, 'sets_by_change_set'],
  ['what a change set did', selections.BY_CHANGE_SET, 'sets_by_change_set'],
  ['what a session did', selections.BY_SESSION, 'sets_by_session'],
  ['what an actor did', selections.BY_ACTOR, 'sets_by_actor'],
  ['what was done since', selections.BY_SEQ, 'INTEGER PRIMARY KEY'],
  ['a list of the past', pastLists.EVER_LISTED, 'MERGE (UNION ALL)'],
  ['the versions of a path', trails.VERSIONS, 'events_by_path'],
  ['what a path was left by', histories.DEPARTURE, 'paths_by_name'],
  ['moves away from a path', trails.MOVES_AWAY, 'moves_by_source'],
  ['moves to a path', trails.MOVES_HERE, 'moves_by_target'],
  ['the schemas', problems.SCHEMA_PATHS, 'paths_by_name'],
  ['problems of everything', problems.ALL_PROBLEMS, 'PRIMARY KEY'],
  ['problems of a collection', problems.PROBLEMS_IN_SCOPE, 'problems_by_scope'],
];

test.each(cases)('%s is found by its index, without sorting', (_, sql, index) => {
  const plan = planOf(sql);
  expect(plan).toContain(index);
  expect(plan).not.toMatch(/TEMP B-TREE|SCAN (paths|documents|events|sets)\b/);
});
