import { expect, test } from 'vitest';
import { isRestore, restoreSession } from '../../src/core/restore.ts';

test('twenty changes, half of them back to known bytes, are a restore', () => {
  expect(isRestore({ changed: 20, returning: 10 })).toBe(true);
  expect(isRestore({ changed: 19, returning: 19 })).toBe(false);
  expect(isRestore({ changed: 21, returning: 10 })).toBe(false);
});

test('what follows within a minute belongs to the same restore, and each finding extends the minute', () => {
  let names = 0;
  const newName = (): string => `s${names++}`;
  const first = restoreSession(null, 0, newName);
  const second = restoreSession(first, 59_000, newName);
  const third = restoreSession(second, 118_000, newName);
  expect([first.session, second.session, third.session]).toEqual(['s0', 's0', 's0']);
  expect(restoreSession(third, 178_000, newName).session).toBe('s1');
});
