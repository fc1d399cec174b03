import { array, assert, constantFrom, integer, nat, oneof, option, property, record, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beginningOf, RestoreWatch, type EarlierChange, type FoundChange } from '../../src/core/restore.ts';
import type { Digest } from '../../src/core/digest.ts';

let names = 0;
const newName = (): string => `s${names++}`;
const returns = (from: number, count: number): FoundChange[] =>
  Array.from({ length: count }, (_, index) => ({ path: `p${from + index}`, isReturn: true }));
const edits = (from: number, count: number): FoundChange[] =>
  returns(from, count).map(({ path }) => ({ path, isReturn: false }));

/** What a watch says of findings, each some ms after the last. */
function judged(findings: readonly (readonly FoundChange[])[], everyMs: number): (string | null)[] {
  const watch = new RestoreWatch();
  return findings.map((changes, index) => watch.judge(changes, index * everyMs, newName));
}

describe('a finding', () => {
  const isRestore = (changes: readonly FoundChange[]): boolean => judged([changes], 0)[0] !== null;

  test('of twenty paths, half of them back at known bytes, is a restore', () => {
    expect(isRestore([...returns(0, 10), ...edits(10, 10)])).toBe(true);
    expect(isRestore(returns(0, 19))).toBe(false);
    expect(isRestore([...returns(0, 10), ...edits(10, 11)])).toBe(false);
    expect(isRestore([])).toBe(false);
  });
});

describe('a restore in pieces', () => {
  test('is one with the twentieth path within a minute, and goes on until a minute passes without a piece', () => {
    const pieces = [11, 3, 5, 1, 14].map((count, index) => returns(index * 20, count));
    const [a, b, c, d, e] = judged(pieces, 14_000);
    expect([a, b, c]).toEqual([null, null, null]);
    expect(d).not.toBeNull();
    expect(e).toBe(d);
    const watch = new RestoreWatch();
    const first = watch.judge(returns(0, 30), 0, newName);
    expect(watch.judge([...returns(40, 1), ...edits(50, 3)], 1000, newName)).toBeNull();
    expect(watch.judge(returns(60, 1), 59_999, newName)).toBe(first);
    expect(watch.session(119_998)).toBe(first);
    expect(watch.session(119_999)).toBeNull();
    expect(watch.judge(returns(61, 1), 119_999, newName)).toBeNull();
    expect(watch.judge(returns(0, 30), 120_000, newName)).not.toBe(first);
  });

  test('is the same over a restart', () => {
    const watch = new RestoreWatch();
    for (let at = 0; at < 15; at++) watch.recall(returns(at, 1), null, at - 15);
    expect(watch.judge(returns(20, 4), 0, newName)).toBeNull();
    const session = watch.judge(returns(24, 1), 1, newName);
    expect(session).not.toBeNull();
    const later = new RestoreWatch();
    later.recall([], session, -59_000);
    expect(later.judge(returns(25, 1), 0, newName)).toBe(session);
  });

  test('may go to another commit and back', () => {
    const round = Array.from({ length: 25 }, (_, index) => returns(index, 1));
    const sessions = judged([...round, ...round], 500);
    expect(new Set(sessions.slice(19)).size).toBe(1);
    expect(sessions.at(-1)).not.toBeNull();
  });
});

describe('normal work is no restore', () => {
  test('a script that toggles documents, however often', () => {
    expect(
      new Set(
        judged(
          Array.from({ length: 500 }, () => returns(0, 1)),
          50,
        ),
      ),
    ).toEqual(new Set([null]));
    expect(
      new Set(
        judged(
          Array.from({ length: 500 }, () => returns(0, 3)),
          50,
        ),
      ),
    ).toEqual(new Set([null]));
    const logged = Array.from({ length: 100 }, (_, index) => [...returns(0, 1), ...edits(index + 1, 1)]);
    expect(new Set(judged(logged, 50))).toEqual(new Set([null]));
  });

  test('a script that toggles a document while a restore goes on keeps it no longer open', () => {
    const watch = new RestoreWatch();
    const toggle = (atMs: number): string | null => watch.judge(returns(0, 1), atMs, newName);
    for (const at of [0, 10_000, 20_000]) toggle(at);
    expect(watch.judge(returns(1, 30), 30_000, newName)).not.toBeNull();
    for (let at = 40_000; at < 300_000; at += 10_000) expect(toggle(at)).toBeNull();
    expect(watch.session(90_000)).toBeNull();
  });

  test('a person who takes back changes, one or a few at a time', () => {
    expect(
      new Set(
        judged(
          Array.from({ length: 100 }, (_, index) => returns(index, 1)),
          4000,
        ),
      ),
    ).toEqual(new Set([null]));
  });
});

/** The rule, told over all findings so far, without anything that is forgotten or counted on the way. */
function referenceJudge() {
  const noted: { path: string; atMs: number; isReturn: boolean }[] = [];
  let lastMs = -Infinity;
  return (changes: readonly FoundChange[], nowMs: number): boolean => {
    const isMostly = (some: readonly { isReturn: boolean }[]): boolean =>
      some.length > 0 && some.filter(({ isReturn }) => isReturn).length * 2 >= some.length;
    if (!isMostly(changes)) return false;
    if (changes.length >= 20) return ((lastMs = nowMs), true);
    // A run of findings of a path, each within a minute of the next.
    const runOf = (path: string): number => {
      let [times, at] = [0, nowMs];
      for (const one of noted.filter((entry) => entry.path === path).toReversed()) {
        if (at - one.atMs >= 60_000) break;
        [times, at] = [times + 1, one.atMs];
      }
      return times;
    };
    const now = changes.map(({ path, isReturn }) => ({ path, atMs: nowMs, isReturn: isReturn && runOf(path) < 2 }));
    noted.push(...now);
    if (!isMostly(now)) return false;
    const recent = new Map(noted.filter(({ atMs }) => nowMs - atMs < 60_000).map((one) => [one.path, one]));
    const isOne = (recent.size >= 20 && isMostly([...recent.values()])) || nowMs - lastMs < 60_000;
    if (isOne) lastMs = nowMs;
    return isOne;
  };
}

test('any findings are judged as the rule says', () => {
  const finding = record({
    afterMs: oneof(nat(5000), nat(70_000)),
    changes: uniqueArray(record({ id: nat(40), isReturn: constantFrom(true, true, false) }), {
      selector: ({ id }) => id,
      maxLength: 25,
      size: 'max',
    }),
  });
  const pieces = array(finding, { maxLength: 40, size: 'max' });
  assert(
    property(pieces, (findings) => {
      const watch = new RestoreWatch();
      const judge = referenceJudge();
      let nowMs = 0;
      for (const { afterMs, changes } of findings) {
        nowMs += afterMs;
        const found = changes.map(({ id, isReturn }) => ({ path: `p${id}`, isReturn }));
        expect(watch.judge(found, nowMs, newName) !== null).toBe(judge(found, nowMs));
      }
    }),
    { numRuns: 300 },
  );
});

/** Findings by the moment, each with the session that the log would have. */
function logged(findings: readonly { readonly atMs: number; readonly changes: readonly FoundChange[] }[]) {
  const watch = new RestoreWatch();
  return findings
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, changes }, set) => ({
      atMs,
      changes,
      set: `set${set}`,
      session: watch.judge(changes, atMs, newName),
    }));
}

test('a restore in any pieces is told whole, and nothing else with it, while a script toggles documents', () => {
  const piece = record({ count: integer({ min: 1, max: 7 }), afterMs: nat(2900) });
  const script = record({ everyMs: integer({ min: 50, max: 25_000 }), documents: integer({ min: 1, max: 3 }) });
  const pieces = array(piece, { minLength: 20, maxLength: 60, size: 'max' });
  assert(
    property(pieces, option(script), (restore, toggles) => {
      const beganMs = 100_000;
      let [atMs, next] = [beganMs, 0];
      const findings = restore.map(({ count, afterMs }) => {
        [atMs, next] = [atMs + afterMs, next + count];
        return { atMs, changes: returns(next - count, count) };
      });
      const { everyMs = Infinity, documents = 0 } = toggles ?? {};
      const states: typeof findings = [];
      for (let at = 0; at < atMs + 60_000; at += everyMs)
        states.push({
          atMs: at,
          changes: returns(0, documents).map((one) => ({ ...one, path: `t${one.path}` })),
        });
      const log = logged([...findings, ...states]);
      const known = log.filter(({ session }) => session !== null);
      expect(new Set(known.map(({ session }) => session)).size).toBe(1);
      const own = known.flatMap(({ changes }) => changes.map(({ path }) => path));
      const firstMs = known[0]?.atMs ?? 0;
      const minute = log.filter((one) => one.session === null && one.atMs <= firstMs && firstMs - one.atMs < 60_000);
      const earlier = minute
        .flatMap(({ changes, set }) =>
          changes.map((change) => ({ ...change, changeSet: set, digest: 'old' as Digest })),
        )
        .map((change, seq) => ({ ...change, seq }));
      const begun = beginningOf(earlier, new Map(own.map((path) => [path, null])));
      const told = [...own, ...earlier.flatMap(({ path, seq }) => (begun.has(seq) ? [path] : []))];
      const all = findings.flatMap(({ changes }) => changes);
      expect(told.toSorted()).toEqual(all.map(({ path }) => path).toSorted());
    }),
    { numRuns: 200 },
  );
});

describe('what the log has of a restore from before it was known as one', () => {
  const digest = (text: string): Digest => text as Digest;
  let seq = 0;
  const change = (path: string, more: Partial<EarlierChange> = {}): EarlierChange => {
    seq++;
    return { path, seq, changeSet: `set${seq}`, isReturn: true, digest: digest('old'), ...more };
  };
  const restored = new Map<string, Digest | null>([
    ['r', digest('new')],
    ['created', null],
  ]);
  const told = (...earlier: EarlierChange[]): string[] => {
    const own = beginningOf(earlier, restored);
    return earlier.flatMap((one) => (own.has(one.seq) ? [one.path] : []));
  };

  test('are returns, and with a finding of which half returned the rest of it', () => {
    expect(told(change('a'), change('b', { isReturn: false }))).toEqual(['a']);
    const together = [change('a', { changeSet: 'x' }), change('b', { changeSet: 'x', isReturn: false })];
    expect(told(...together)).toEqual(['a', 'b']);
    expect(told(...together, change('c', { changeSet: 'x', isReturn: false }))).toEqual([]);
  });

  test('are not returns of a path that changed again: a restore writes each once', () => {
    expect(told(change('a'), change('b'), change('a'))).toEqual(['b']);
    expect(told(change('a', { isReturn: false }), change('a'))).toEqual(['a']);
    expect(told(change('r'))).toEqual([]);
  });

  test('are deletions of what was not there before, and of what the restore then brought back', () => {
    const gone = { digest: null };
    expect(told(change('a', gone), change('b', { ...gone, isReturn: false }))).toEqual(['a']);
    expect(told(change('created', { ...gone, isReturn: false }), change('r', gone))).toEqual(['created']);
  });
});
