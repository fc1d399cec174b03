import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/digest.ts';
import { isTornPieceOf, judgeRedo, type LastRecorded, type OnDisk } from '../../src/core/redo.ts';

const NEW = 'a'.repeat(64) as Digest;
const OTHER = 'b'.repeat(64) as Digest;
const before = { ino: 1n, birthtimeNs: 2n, mtimeNs: 3n };
const later = { ino: 1n, birthtimeNs: 2n, mtimeNs: 4n };

const last = (over: Partial<LastRecorded> = {}): LastRecorded => ({
  kind: 'version',
  digest: NEW,
  created: false,
  identities: [before],
  ...over,
});
const file = (over: Partial<Extract<OnDisk, { is: 'file' }>> = {}): OnDisk => ({
  is: 'file',
  digest: OTHER,
  identity: later,
  tornPiece: false,
  recordedBefore: false,
  ...over,
});
const absent: OnDisk = { is: 'absent' };

test('a version that is on disk needs nothing', () => {
  expect(judgeRedo(last(), file({ digest: NEW }), false)).toBe('done');
});

test('a creation that is missing is written, a deletion by hand stays', () => {
  expect(judgeRedo(last({ created: true }), absent, false)).toBe('write');
  expect(judgeRedo(last(), absent, false)).toBe('leave');
});

test('the version that was to be replaced is overwritten only while it is that very file', () => {
  expect(judgeRedo(last(), file({ recordedBefore: true, identity: before }), false)).toBe('write');
  expect(judgeRedo(last(), file({ recordedBefore: true, identity: later }), false)).toBe('leave');
});

test('a file that a recorded save changed in place, and a power cut left as a mixture, is overwritten', () => {
  expect(judgeRedo(last(), file({ identity: before }), false)).toBe('write');
});

test('a later edit by hand wins', () => {
  expect(judgeRedo(last(), file(), false)).toBe('leave');
  expect(judgeRedo(last(), { is: 'other' }, false)).toBe('leave');
});

test('a torn piece is replaced by the whole', () => {
  expect(judgeRedo(last(), file({ tornPiece: true }), false)).toBe('write');
});

test('in a copied root, where identities say nothing, any recorded version gives way', () => {
  expect(judgeRedo(last(), file({ recordedBefore: true }), true)).toBe('write');
  expect(judgeRedo(last(), file(), true)).toBe('leave');
});

test('a deletion is completed on the file it was for, never on a later one', () => {
  const deletion = last({ kind: 'gone', digest: null });
  expect(judgeRedo(deletion, absent, false)).toBe('done');
  expect(judgeRedo(deletion, file({ recordedBefore: true, identity: before }), false)).toBe('remove');
  expect(judgeRedo(deletion, file({ tornPiece: true }), false)).toBe('remove');
  expect(judgeRedo(deletion, file(), false)).toBe('leave');
});

test('every prefix and every NUL block is a torn piece, other bytes are not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.nat(), (version, cut) => {
      const length = cut % version.length;
      expect(isTornPieceOf(version.subarray(0, length), version)).toBe(true);
      const flipped = Uint8Array.from(version, (byte, index) => (index === length ? byte ^ 0xff || 1 : byte));
      const isAllNul = flipped.every((byte) => byte === 0);
      expect(isTornPieceOf(flipped, version)).toBe(isAllNul);
    }),
  );
  const version = Buffer.alloc(2048, 'x');
  const holed = Buffer.from(version).fill(0, 512, 1024);
  expect(isTornPieceOf(holed, version)).toBe(true);
  expect(isTornPieceOf(version, version)).toBe(false);
});
