/** What is held back answers as what was applied does: after events of every kind, in any order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCatalog } from '../../src/catalog/catalog.ts';
import type { Catalog, Seen, ToApply } from '../../src/catalog/types.ts';
import type { EventFrame } from '../../src/core/events.ts';
import type { StatKey } from '../../src/core/stat-key.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { arbitraryDigest, entryOf, happening, type Happening } from './arbitrary-entries.ts';

const seen = fc.option(
  fc.record({
    key: fc.constantFrom('1 1 1 1 1', '2 2 2 2 2').map((text) => text as StatKey),
    clean: fc.boolean(),
    grown: fc.boolean(),
  }),
  { nil: undefined },
);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('frame' as const),
      events: fc.uniqueArray(fc.tuple(happening, seen), {
        minLength: 1,
        maxLength: 3,
        selector: ([{ path }]): string => path,
      }),
    }),
  },
  fc.record({ is: fc.constant('note' as const), at: fc.nat(), seen: fc.option(seen) }),
  fc.record({
    is: fc.constant('marks' as const),
    at: fc.nat(),
    digest: arbitraryDigest,
    hasServed: fc.boolean(),
    hasAny: fc.boolean(),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Event = Extract<Step, { is: 'frame' }>['events'][number];

const origin = { atMs: 1, actor: 'test', cause: 'hand', changeSet: 'set' } as const;

function toApply(events: readonly Event[], firstSeq: number): ToApply {
  // Whoever records a version has looked at its file, or put it in place.
  const known = events.map(([one, sight]) => (one.is === 'version' && !sight ? { ...one, isPlaced: true } : one));
  const entries = known.map((one, index) => entryOf(one, firstSeq + index));
  const frame: EventFrame = {
    type: 'events',
    kind: 'change',
    origin: { ...origin, changeSet: `set${firstSeq}` },
    entries,
  };
  const seenAt = new Map(events.map(([one, sight]) => [one.path, sight]));
  return {
    frame,
    seen: (path): Seen | undefined => seenAt.get(path),
    content: ({ seq }) => ({ text: `{"seq":${seq}}`, searchText: '' }),
  };
}

interface Pair extends Disposable {
  readonly gathering: Catalog;
  readonly applying: Catalog;
}

function openPair(): Pair {
  const directory = mkdtempSync(join(tmpdir(), 'larder-heads-'));
  const open = (name: string): Catalog =>
    openCatalog({ directory: join(directory, name), logId: 'log', fs: nodeFileSystem, clock: simulatedClock() });
  for (const name of ['gathering', 'applying']) nodeFileSystem.makeDirectory(join(directory, name), 0o700);
  const [gathering, applying] = [open('gathering'), open('applying')];
  return {
    gathering,
    applying,
    [Symbol.dispose]() {
      gathering[Symbol.dispose]();
      applying[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Paths that something was told of: nobody marks, or notes, what is not known. */
const pathsOf = (steps: readonly Step[]): string[] => [
  ...new Set(
    steps.flatMap((one) =>
      one.is === 'frame'
        ? one.events.flatMap(([told]: readonly [Happening, unknown]) =>
            told.is === 'move' ? [told.path, told.from] : [told.path],
          )
        : [],
    ),
  ),
];

/** Answers how many frames were held back. */
async function live({ gathering, applying }: Pair, steps: readonly Step[]): Promise<number> {
  let [seq, held] = [1, 0];
  const paths = pathsOf(steps);
  for (const one of steps) {
    const path = one.is === 'frame' ? '' : (paths[one.at % Math.max(paths.length, 1)] ?? 'ns/c/a.json');
    if (one.is === 'frame') {
      const told = toApply(one.events, seq);
      seq += one.events.length;
      const gathered = gathering.gather([told]);
      if (gathered === null) await gathering.apply([told]);
      else held++;
      await applying.apply([told]);
    } else {
      for (const catalog of [gathering, applying]) {
        if (one.is === 'note') catalog.noteSeen([{ path, seen: one.seen ?? null }]);
        else {
          // As often of the bytes that are served as of others.
          const digest = one.hasServed ? (catalog.head(path)?.servedDigest ?? one.digest) : one.digest;
          const mark = { path, code: 'invalid', sinceMs: 1, digest, faults: [] } as const;
          catalog.setDerived(new Map([[path, { digest, problems: one.hasAny ? [mark] : [] }]]));
        }
      }
    }
    expect(paths.map((name) => gathering.head(name))).toEqual(paths.map((name) => applying.head(name)));
  }
  expect(gathering.reached).toBe(seq - 1);
  expect(paths.map((name) => gathering.head(name))).toEqual(paths.map((name) => applying.head(name)));
  return held;
}

test('the head of every path is the same whether frames are gathered or applied', { timeout: 60_000 }, async () => {
  let held = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      using pair = openPair();
      held += await live(pair, steps);
    }),
    { numRuns: 50 },
  );
  expect(held, 'frames that were held back').toBeGreaterThan(50);
});
