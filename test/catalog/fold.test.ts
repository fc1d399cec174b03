/** Folds answer alike wherever they remember: in memory, in a scratch database, and poured over half-way. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openFold, type Fold } from '../../src/catalog/fold.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { EventFrame, LoggedEntry } from '../../src/core/events.ts';

const path = fc.constantFrom('ns/c/a.json', 'ns/c/b.json', 'ns/c/ü.json', 'ns/c/𐍈.json', 'ns/c/～.json', 'ns/d/a.json');
const digest = fc.constantFrom('one', 'two', 'three').map((text) => digestOf(Buffer.from(text)));
const place = { in: 'log', segment: 1, offset: 40, length: 9, encoding: 'raw' } as const;

const happening = fc.oneof(
  fc.record({ is: fc.constant('version' as const), path, digest, inBlob: fc.boolean(), invalid: fc.boolean() }),
  fc.record({ is: fc.constant('deletion' as const), path }),
  fc.record({ is: fc.constant('move' as const), path, from: path, digest }),
  fc.record({ is: fc.constant('problem' as const), path, code: fc.constantFrom('unreadable', 'rescued', 'name') }),
  fc.record({ is: fc.constant('file' as const), path, digest: fc.option(digest) }),
  fc.record({ is: fc.constant('chain' as const), digest }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const origin = { atMs: 1, actor: 'test', cause: 'hand', changeSet: 'set' } as const;

function entryOf(one: Exclude<Happening, { is: 'file' | 'chain' }>, seq: number): LoggedEntry {
  const base = { seq, path: one.path, size: 9, before: null, body: place } as const;
  switch (one.is) {
    case 'version':
      return {
        ...base,
        op: one.invalid ? 'problem' : seq % 2 === 0 ? 'create' : 'update',
        kind: one.invalid ? 'invalid' : 'valid',
        digest: one.digest,
        body: one.inBlob ? { in: 'blob' } : place,
        placed: { ino: 1n, birthtimeNs: 2n, mtimeNs: BigInt(seq) },
        ...(one.invalid && { code: 'invalid' }),
      };
    case 'deletion':
      return { ...base, op: 'delete', kind: 'deleted', digest: null, size: 0 };
    case 'move':
      return { ...base, op: 'move', kind: 'valid', from: one.from, digest: one.digest };
    case 'problem':
      return { ...base, op: 'problem', kind: null, digest: null, size: 0, code: one.code, body: { in: 'nowhere' } };
  }
}

function tell(fold: Fold, happenings: readonly Happening[]): void {
  for (const [index, one] of happenings.entries()) {
    if (one.is === 'file')
      fold.addFile({ path: one.path, digest: one.digest, key: `${index}`, why: one.digest === null ? 'no' : null });
    else if (one.is === 'chain') fold.addChain(Buffer.from(one.digest, 'hex'), index);
    else {
      const frame: EventFrame = { type: 'events', kind: 'change', origin, entries: [entryOf(one, index + 1)] };
      fold.apply(frame);
    }
  }
}

function answers(fold: Fold): unknown {
  const mismatches: unknown[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page: ReturnType<Fold['mismatches']> = fold.mismatches(after, 2);
    mismatches.push(...page.items);
    after = page.after;
  }
  const present = fold.present('', 2);
  return {
    mismatches,
    present: [...present, ...fold.present(present.at(-1)?.path ?? '~', 100)],
    unknown: fold.unknownFiles('', 100),
    blobs: fold.blobs('', 100),
    count: fold.count(),
    heads: ['ns/c/a.json', 'ns/d/a.json'].map((at) => fold.get(at)),
    chains: ['one', 'two', 'three'].map((text) => fold.hasChain(Buffer.from(digestOf(Buffer.from(text)), 'hex'))),
    twins: ['one', 'two'].map((text) => fold.fileWith(digestOf(Buffer.from(text))) !== undefined),
  };
}

test('in memory, in a scratch database, and poured from the one into the other', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      const told = [0, 3, 1000].map((most) => {
        using fold = openFold(most);
        tell(fold, happenings);
        return answers(fold);
      });
      expect(told[1]).toEqual(told[0]);
      expect(told[2]).toEqual(told[0]);
    }),
    { numRuns: 200 },
  );
});
