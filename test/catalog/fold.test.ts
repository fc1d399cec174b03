/** Folds answer alike wherever they remember: in memory, in a scratch database, and poured over half-way. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openFold, type Fold } from '../../src/catalog/fold.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { EventFrame } from '../../src/core/events.ts';
import { arbitraryDigest, entryOf, happening } from './arbitrary-entries.ts';

const told = fc.oneof(
  { weight: 4, arbitrary: happening },
  fc.record({
    is: fc.constant('file' as const),
    path: fc.constantFrom('ns/c/a.json', 'ns/d/a.json', 'ns/d/s.jsonl'),
    digest: fc.option(arbitraryDigest),
  }),
  fc.record({ is: fc.constant('chain' as const), digest: arbitraryDigest }),
);
type Told = typeof told extends fc.Arbitrary<infer T> ? T : never;

const origin = { atMs: 1, actor: 'test', cause: 'hand', changeSet: 'set' } as const;

function tell(fold: Fold, happenings: readonly Told[]): void {
  for (const [index, one] of happenings.entries()) {
    if (one.is === 'file') fold.addFile({ path: one.path, digest: one.digest, why: one.digest === null ? 'no' : null });
    else if (one.is === 'chain') fold.addChain(Buffer.from(one.digest, 'hex'), index);
    else {
      const frame: EventFrame = { type: 'events', kind: 'change', origin, entries: [entryOf(one, index + 1)] };
      fold.apply(frame);
    }
  }
}

type Item = string | { readonly path: string } | { readonly folded: { readonly path: string } | null };

const nameOf = (told: Item): string => {
  if (typeof told === 'string') return told;
  return 'path' in told ? told.path : (told.folded?.path ?? '');
};

const inOrder = (pages: Iterable<readonly Item[]>): Item[] =>
  [...pages].flat().toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

function answers(fold: Fold): unknown {
  return {
    mismatches: inOrder(fold.mismatches(2)),
    present: inOrder(fold.present(2)),
    unknown: inOrder(fold.unknownFiles(2)),
    blobs: inOrder(fold.blobs(2)),
    count: fold.count(),
    heads: ['ns/c/a.json', 'ns/d/a.json'].map((at) => fold.get(at)),
    chains: ['one', 'two', 'three'].map((text) => fold.hasChain(Buffer.from(digestOf(Buffer.from(text)), 'hex'))),
    twins: ['one', 'two'].map((text) => fold.fileWith(digestOf(Buffer.from(text))) !== undefined),
  };
}

test('in memory, in a scratch database, and poured from the one into the other', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 30 }), (happenings) => {
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
