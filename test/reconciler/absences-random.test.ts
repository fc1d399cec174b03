/**
 * Random lives of a collection under deletions by hand, restores, restarts and decisions. Whatever happens, nothing is deleted
 * unless somebody confirmed it, or it was absent for a second and no limit was passed. The harness has teeth: without the
 * judgement of absences it fails.
 */
import { existsSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { me } from './world.ts';
import { documents, openGuarded, type GuardedLarder } from './guarded-world.ts';

const safeguard = { isOn: true };
vi.mock('../../src/core/absence.ts', async (original) => {
  const actual = await original<typeof import('../../src/core/absence.ts')>();
  const judgeAbsences: typeof actual.judgeAbsences = (...args) =>
    safeguard.isOn ? actual.judgeAbsences(...args) : 'delete';
  return { ...actual, judgeAbsences };
});

const FILES = { ...documents(120), ...documents(12, 'lod/things/sub', 500) };
const PATHS = Object.keys(FILES);

type Step =
  | { readonly do: 'remove'; readonly from: number; readonly count: number; readonly whileClosed: boolean }
  | { readonly do: 'remove-directory' }
  | { readonly do: 'bring-back'; readonly count: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'restart' }
  | { readonly do: 'confirm' | 'dismiss' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      from: fc.nat(PATHS.length - 1),
      count: fc.constantFrom(1, 7, 30, 70, 132),
      whileClosed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'remove-directory' } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('bring-back' as const), count: fc.constantFrom(1, 20, 200) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(300, 900, 1300, 20_000, 61_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('confirm' as const, 'dismiss' as const) }) },
);

/** What a fair observer knows: when each file went, and what was deleted without a confirmation, when. */
interface Observed {
  readonly goneSince: Map<string, number>;
  readonly deletions: { readonly path: string; readonly atMs: number }[];
  /** Served before the step. */
  readonly served: Set<string>;
  events: number;
}

const isHeld = (world: GuardedLarder): boolean => world.problems().some(({ code }) => code === 'held');

function removeFiles(world: GuardedLarder, observed: Observed, paths: readonly string[]): void {
  for (const path of paths) {
    if (!existsSync(world.at(path))) continue;
    world.remove(path);
    observed.goneSince.set(path, world.now());
  }
}

function bringBack(world: GuardedLarder, observed: Observed, count: number): void {
  for (const path of [...observed.goneSince.keys()].slice(0, count)) {
    world.save(path, FILES[path] ?? '');
    observed.goneSince.delete(path);
  }
}

async function take(world: GuardedLarder, observed: Observed, one: Step): Promise<void> {
  switch (one.do) {
    case 'remove': {
      const chosen = PATHS.slice(one.from, one.from + one.count);
      if (one.whileClosed) return world.reopen(() => removeFiles(world, observed, chosen));
      removeFiles(world, observed, chosen);
      return world.larder.rescan();
    }
    case 'remove-directory':
      removeFiles(
        world,
        observed,
        PATHS.filter((path) => path.includes('/sub/')),
      );
      if (existsSync(world.at('lod/things/sub'))) world.remove('lod/things/sub');
      return;
    case 'bring-back':
      bringBack(world, observed, one.count);
      return world.larder.rescan();
    case 'pass':
      await world.pass(one.ms);
      return world.larder.rescan();
    case 'restart':
      return world.reopen();
    case 'confirm':
    case 'dismiss': {
      const held = world.problems().find(({ code }) => code === 'held');
      if (!held) return;
      await world.larder.guards[one.do](held.id, {}, me);
      if (one.do === 'dismiss')
        for (const path of PATHS) if (existsSync(world.at(path))) observed.goneSince.delete(path);
    }
  }
}

const pathOf = (id: string): string => `lod/things/${id}.json`;

/** Throws what a deletion of this step breaks. */
function judge(world: GuardedLarder, observed: Observed, wasHeld: boolean): void {
  const page = world.larder.changes({ kind: 'all' }, { since: observed.events }, 1000, null);
  const events = page.kind === 'range' ? page.events : [];
  observed.events = world.larder.seq;
  const deletions = events
    .filter(({ op, cause }) => op === 'delete' && cause !== 'api')
    .map(({ id, at }) => ({ path: pathOf(id), atMs: Date.parse(at) }));
  for (const { path, atMs } of deletions) {
    const since = observed.goneSince.get(path);
    if (since === undefined) throw new Error(`${path} was deleted although its file is there`);
    if (atMs - since < 1000) throw new Error(`${path} was deleted ${atMs - since} ms after its file went`);
  }
  observed.deletions.push(...deletions);
  const deleted = deletions.map(({ path }) => path);
  const nowMs = Math.max(...deletions.map(({ atMs }) => atMs));
  if (deleted.length > 0 && wasHeld && isHeld(world))
    throw new Error('something was deleted while the collection was held');
  const lately = observed.deletions.filter(({ atMs }) => nowMs - atMs < 60_000).map(({ path }) => path);
  const had = new Set([...observed.served, ...lately]).size;
  if (deleted.length > 0 && lately.length > Math.max(100, had / 10))
    throw new Error(`${lately.length} of ${had} were deleted within a minute`);
  if (deleted.length > 0 && had >= 10 && lately.length >= had)
    throw new Error(`all ${had} were deleted within a minute`);
  const inSub = lately.filter((path) => path.includes('/sub/')).length;
  if (deleted.some((path) => path.includes('/sub/')) && inSub >= 10 && !existsSync(world.at('lod/things/sub')))
    throw new Error(`a directory of ${inSub} was deleted`);
}

const servedNow = (world: GuardedLarder): string[] => world.ids().map(pathOf);

async function live(steps: readonly Step[]): Promise<void> {
  await using world = await openGuarded(FILES);
  const observed: Observed = {
    goneSince: new Map(),
    deletions: [],
    served: new Set(servedNow(world)),
    events: world.larder.seq,
  };
  for (const one of steps) {
    const wasHeld = isHeld(world);
    await take(world, observed, one);
    judge(world, observed, wasHeld);
    observed.served.clear();
    for (const path of servedNow(world)) observed.served.add(path);
  }
  // In the end nothing is undecided: a document is served, or its deletion is told; what is absent and served is held.
  const wasHeld = isHeld(world);
  await world.settleDown();
  judge(world, observed, wasHeld);
  for (const path of servedNow(world)) {
    if (!existsSync(world.at(path))) expect(isHeld(world), `${path} is served, gone and not held`).toBe(true);
  }
}

const runs = (numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => live(steps)),
    { numRuns, endOnFailure: true },
  );

test('nothing is deleted without two looks and a tally within the limits, or a confirmation', async () => {
  safeguard.isOn = true;
  await runs(10);
}, 120_000);

test('without the judgement of absences this harness fails', async () => {
  safeguard.isOn = false;
  const wipe: Step[] = [
    { do: 'remove', from: 0, count: 132, whileClosed: false },
    { do: 'pass', ms: 1300 },
    { do: 'pass', ms: 1300 },
  ];
  await expect(live(wipe)).rejects.toThrow('were deleted within a minute');
  safeguard.isOn = true;
}, 60_000);
