import { expect, test } from 'vitest';
import { decide, type Found, type Known } from '../../src/core/decision.ts';
import type { Digest } from '../../src/core/digest.ts';

const A = 'a'.repeat(64) as Digest;
const B = 'b'.repeat(64) as Digest;
const OLD = 10_000;

const known = (over: Partial<Known> = {}): Known => ({
  diskDigest: A,
  servedDigest: A,
  problem: null,
  recordedWhenQuiet: false,
  ...over,
});
const nothingKnown = known({ diskDigest: null, servedDigest: null });
const valid = (digest: Digest, ageMs = OLD, key = 'other'): Found => ({ is: 'valid', digest, ageMs, key });
const invalid = (digest: Digest, ageMs = OLD, key = 'other'): Found => ({
  is: 'invalid',
  digest,
  ageMs,
  key,
  faults: [],
});
const absent = (ageMs: number): Found => ({ is: 'absent', ageMs });
const blocked: Found = { is: 'blocked', code: 'unreadable', faults: [] };

const cases: readonly [string, Known, Found, string][] = [
  ['the same bytes are no change', known(), valid(A), 'nothing'],
  ['new bytes at an unknown path are a creation', nothingKnown, valid(A), 'record'],
  ['new bytes at a known path are an update', known(), valid(B), 'record'],
  [
    'bytes that return to the served version after a broken save end the problem',
    known({ diskDigest: B }),
    valid(A),
    'reaccept',
  ],
  ['a file that became readable again ends its problem', known({ problem: 'unreadable' }), valid(A), 'resolve'],
  ['a broken file that was just saved waits', known(), invalid(B, 100), 'wait'],
  ['a broken file that stays becomes an invalid version', known(), invalid(B), 'record-invalid'],
  ['an invalid version is recorded once', known({ diskDigest: B, problem: 'invalid' }), invalid(B), 'nothing'],
  ['served bytes that a new schema refuses are marked, without an event', known(), invalid(A), 'mark-unfit'],
  ['an absence seen once waits', known(), absent(0), 'wait'],
  ['an absence seen twice a second apart is a loss', known(), absent(1000), 'lost'],
  ['nothing where nothing was is nothing', nothingKnown, absent(0), 'nothing'],
  [
    'a problem that went away with its file is resolved',
    known({ diskDigest: null, servedDigest: null, problem: 'name' }),
    absent(0),
    'resolve',
  ],
  ['an unreadable path is reported', known(), blocked, 'report'],
  ['other bytes under the stat that was confirmed are rot', known({ cleanKey: 'k' }), valid(B, OLD, 'k'), 'report'],
  ['broken bytes under the stat that was confirmed are rot', known({ cleanKey: 'k' }), invalid(B, 0, 'k'), 'report'],
  ['rot is reported once', known({ cleanKey: 'k', rotListed: true }), valid(B, OLD, 'k'), 'nothing'],
  ['rot stays rot when its stat is not known', known({ problem: 'rotten', rotListed: true }), valid(B), 'nothing'],
  ['rotten bytes that were saved are an edit', known({ cleanKey: 'k', rotListed: true }), valid(B, OLD, 'l'), 'record'],
  [
    'rotten bytes that are right again end the problem',
    known({ problem: 'rotten', rotListed: true }),
    valid(A),
    'resolve',
  ],
  ['an unreadable path is reported once', known({ problem: 'unreadable' }), blocked, 'nothing'],
  ['a file that changes while it is read is looked at again', known(), { is: 'unstable' }, 'wait'],
  ['a young file below files/ waits until it is quiet', known({ recordedWhenQuiet: true }), valid(B, 100), 'wait'],
  ['a quiet file below files/ is recorded', known({ recordedWhenQuiet: true }), valid(B, 2000), 'record'],
];

test.each(cases)('%s', (_name, before, found, expected) => {
  expect(decide(before, found).do).toBe(expected);
});

test('a document that was never valid is created by its first valid version', () => {
  expect(decide(known({ diskDigest: B, servedDigest: null, problem: 'invalid' }), valid(A))).toEqual({
    do: 'record',
    op: 'create',
  });
});
