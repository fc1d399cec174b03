import { expect, test } from 'vitest';
import { isRestore, restoreSession, type LookTally, type RestoreSession } from '../../src/core/restore.ts';

let names = 0;
const next = (last: RestoreSession | null, tally: LookTally, nowMs: number): RestoreSession | null =>
  restoreSession(last, tally, nowMs, () => `s${names++}`);
const first = (tally: LookTally): RestoreSession | null => next(null, tally, 0);

test('twenty changes, half of them back to known bytes, are a restore', () => {
  const verdict = (tally: LookTally): boolean => {
    const session = first(tally);
    return session !== null && isRestore(session);
  };
  expect(verdict({ changed: 20, returning: 10 })).toBe(true);
  expect(verdict({ changed: 19, returning: 19 })).toBe(false);
  expect(verdict({ changed: 21, returning: 10 })).toBe(false);
  expect(first({ changed: 0, returning: 0 })).toBeNull();
});

test('what is found in pieces is one session from the first on, and a restore once it has twenty changes', () => {
  const pieces = [11, 3, 5, 1, 14];
  const sessions: (RestoreSession | null)[] = [];
  for (const [index, changed] of pieces.entries())
    sessions.push(next(sessions.at(-1) ?? null, { changed, returning: changed }, index * 59_000));
  expect(new Set(sessions.map((one) => one?.session)).size).toBe(1);
  expect(sessions.map((one) => one && isRestore(one))).toEqual([false, false, false, true, true]);
});

test('a minute without a finding ends it, and new bytes do not belong to it', () => {
  const session = first({ changed: 30, returning: 30 });
  expect(next(session, { changed: 4, returning: 1 }, 1000)).toBeNull();
  expect(next(session, { changed: 1, returning: 1 }, 59_999)?.session).toBe(session?.session);
  expect(next(session, { changed: 30, returning: 30 }, 60_000)?.session).not.toBe(session?.session);
});
