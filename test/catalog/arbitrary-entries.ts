/** Entries of the log of every kind, as fast-check makes them up. */
import * as fc from 'fast-check';
import { digestOf } from '../../src/core/digest.ts';
import type { BodyPlace, LoggedEntry, Seq } from '../../src/core/events.ts';

const path = fc.constantFrom<string[]>(
  'ns/c/a.json',
  'ns/c/b.json',
  'ns/c/sub/c.json',
  'ns/c/ü.json',
  'ns/c/𐍈.json',
  'ns/c/～.json',
  'ns/d/a.json',
  'ns/d/s.jsonl',
  'ns/files/some/file.bin',
);

export const arbitraryDigest = fc.constantFrom('one', 'two', 'three').map((text) => digestOf(Buffer.from(text)));

const where = fc.constantFrom('log', 'log', 'log', 'tail', 'blob', 'nowhere');

export const happening = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      is: fc.constant('version' as const),
      path,
      digest: arbitraryDigest,
      where,
      isPlaced: fc.boolean(),
      modifiedMs: fc.option(fc.nat(9), { nil: undefined }),
    }),
  },
  fc.record({ is: fc.constant('invalid' as const), path, digest: arbitraryDigest }),
  fc.record({ is: fc.constant('rescued' as const), path, digest: arbitraryDigest }),
  fc.record({ is: fc.constant('deletion' as const), path }),
  fc.record({ is: fc.constant('move' as const), path, from: path, digest: arbitraryDigest }),
  fc.record({ is: fc.constant('problem' as const), path, code: fc.constantFrom('unreadable', 'rescued', 'name') }),
  fc.record({ is: fc.constant('resolved' as const), path, digest: fc.option(arbitraryDigest) }),
);
export type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const IN_LOG = { in: 'log', segment: 1, offset: 40, length: 9, encoding: 'raw' } as const;
const NOWHERE = { in: 'nowhere' } as const;

export function entryOf(one: Happening, seq: Seq): LoggedEntry {
  const base = { seq, path: one.path, size: 9, before: null, body: IN_LOG } as const;
  const nothing = { size: 0, kind: null, digest: null, body: NOWHERE } as const;
  switch (one.is) {
    case 'version':
      return {
        ...base,
        op: seq % 2 === 0 ? 'create' : 'update',
        kind: 'valid',
        digest: one.digest,
        body: bodyOf(one.where, seq),
        ...(one.isPlaced && { placed: { ino: 1n, birthtimeNs: 2n, mtimeNs: BigInt(seq) } }),
        ...(one.modifiedMs !== undefined && { modifiedMs: one.modifiedMs }),
      };
    case 'invalid':
      return { ...base, op: 'problem', kind: 'invalid', digest: one.digest, code: 'invalid' };
    case 'rescued':
      return { ...base, op: 'problem', kind: 'rescued', digest: one.digest };
    case 'deletion':
      return { ...base, ...nothing, op: 'delete', kind: 'deleted' };
    case 'move':
      return { ...base, op: 'move', kind: 'valid', from: one.from, digest: one.digest };
    case 'problem':
      return { ...base, ...nothing, op: 'problem', code: one.code };
    case 'resolved':
      return { ...base, ...nothing, op: 'resolved', digest: one.digest };
  }
}

function bodyOf(at: string, seq: Seq): BodyPlace {
  if (at === 'blob') return { in: 'blob' };
  if (at === 'nowhere') return NOWHERE;
  if (at === 'tail' && seq > 1) return { ...IN_LOG, in: 'tail', base: seq - 1, part: digestOf(Buffer.from('part')) };
  return IN_LOG;
}
