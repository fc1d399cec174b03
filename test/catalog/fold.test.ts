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
