import { expect, test } from 'vitest';
import {
  conflictCopyOf,
  isConflictCopy,
  sharesHalfItsLines,
  type CopyEvidence,
} from '../../src/core/conflict-copies.ts';

const check = (path: string, stem: string, tool: string, sure: boolean): void =>
  expect(conflictCopyOf(path), path).toEqual({ stem, tool, sure });

test('copies that only a sync tool would name so are sure', () => {
  check('a/b/c.sync-conflict-20260102-131415-ABCDEF2.json', 'a/b/c.json', 'syncthing', true);
  check('a/b/c.sync-conflict-20260102-131415.jsonl', 'a/b/c.jsonl', 'syncthing', true);
  check("a/b/c (Ada's conflicted copy 2026-01-02).json", 'a/b/c.json', 'dropbox', true);
  check('a/b/c (conflicted copy 2026-01-02 131415).json', 'a/b/c.json', 'dropbox', true);
  check('a/b/c (SFConflict ada@example.org 2026-01-02-13-14-15).json', 'a/b/c.json', 'seafile', true);
  check('a/b/c-DESKTOP-AB12CD3.json', 'a/b/c.json', 'onedrive', true);
  check('a/b/c-LAPTOP-AB12CD34-2.json', 'a/b/c.json', 'onedrive', true);
  check('a/b/c-WIN-ABCDEFGHIJ2.json', 'a/b/c.json', 'onedrive', true);
  check('a/b/c.json.orig', 'a/b/c.json', 'merge', true);
});

test('names that people choose, too, need more evidence', () => {
  check('a/b/order-ADAS-PC.json', 'a/b/order.json', 'onedrive', false);
  check('a/b/page-DESKTOP-DEFAULT.json', 'a/b/page.json', 'onedrive', false);
  check('a/b/page-WIN-ABCDEFGHIJK-2.json', 'a/b/page.json', 'onedrive', false);
  check('a/b/plan (1).json', 'a/b/plan.json', 'copy', false);
});

test('ordinary documents are no copies', () => {
  for (const path of [
    'a/b/c.json',
    'a/b/c-1001.json',
    'a/b/c-abc.json',
    'a/b/c (2026).json',
    'a/b/x.orig',
    'a/b/ (1).json',
    'a (1)/b/c.json',
  ]) {
    expect(conflictCopyOf(path), path).toBeNull();
  }
});

test('languages, places and codes are no host names', () => {
  const tags = ['US', 'us', 'AT', 'HANS', 'Hant-TW', 'LATN-RS', '419', 'US-POSIX', 'CA-VALENCIA'];
  const words = [
    'VIENNA',
    'EU1',
    'A4',
    'MAX',
    'PC',
    'DESKTOP',
    'LAPTOP',
    'WIN',
    'DESKTOP-MENU',
    'LAPTOP-20261126',
    'WIN-11',
  ];
  for (const tag of [...tags, ...words]) expect(conflictCopyOf(`a/locale/en-${tag}.json`), tag).toBeNull();
});

test('files are what they are called, and so is what has no document for its stem', () => {
  for (const path of [
    'a/files/c (1).json',
    'a/files/c.sync-conflict-20260102-131415-ABCDEF2.txt',
    'a/b/c (1).txt',
    'a/b/_schema.json.orig',
  ]) {
    expect(conflictCopyOf(path), path).toBeNull();
  }
});

const judge = (name: string, evidence: Partial<CopyEvidence>): boolean => {
  const copy = conflictCopyOf(`a/b/${name}`);
  if (copy === null) throw new Error(`${name} is no suspect`);
  return isConflictCopy(copy, { stemExists: true, isYounger: false, isAlike: false, ...evidence });
};

test('a name that only a sync tool gives is a copy also without its original', () => {
  expect(judge('c.sync-conflict-20260102-131415-ABCDEF2.json', { stemExists: false })).toBe(true);
  expect(judge('c-DESKTOP-AB12CD3.json', { stemExists: false })).toBe(false);
  expect(judge('c-DESKTOP-AB12CD3.json', {})).toBe(true);
});

test('a name that people choose is a copy only when it is younger and alike', () => {
  expect(judge('c (1).json', { isYounger: true, isAlike: true })).toBe(true);
  expect(judge('c (1).json', { isYounger: true })).toBe(false);
  expect(judge('c (1).json', { isAlike: true })).toBe(false);
  expect(judge('c (1).json', { isYounger: true, isAlike: true, stemExists: false })).toBe(false);
});

test('likeness counts lines that say something', () => {
  const of = (...lines: string[]): string => ['{', ...lines.map((line) => `  ${line},`), '}'].join('\r\n');
  expect(sharesHalfItsLines(of('"a": 1', '"b": 2'), of('"a": 1', '"b": 3'))).toBe(true);
  expect(sharesHalfItsLines(of('"a": 1', '"b": 2', '"c": 3'), of('"a": 1'))).toBe(false);
  expect(sharesHalfItsLines(of('"a": 1'), of('"b": 1'))).toBe(false);
  expect(sharesHalfItsLines('{}', '{}')).toBe(false);
});
