import { expect, test } from 'vitest';
import { conflictCopyOf } from '../../src/core/conflict-copies.ts';

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
  check('a/b/c.json.orig', 'a/b/c.json', 'merge', true);
});

test('names that people choose, too, need more evidence', () => {
  check('a/b/order-ADAS-PC.json', 'a/b/order.json', 'onedrive', false);
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
