/** A collection is judged in turns, and is written meanwhile: a mark is never of bytes that are not served any more. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import type { Host } from '../../src/larder.ts';
import { bytes, me, openTestLarder, ref } from './world.ts';

const LIMIT = bytes({ properties: { v: { maximum: 60 } } });
const MANY = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`lod/things/d${index}.json`, '{"v": 1}']));

/** Runs work in the first turn that each pass over the collection gives back. */
function inPasses(works: (() => Promise<unknown>)[]): Host {
  let isFirstTurn = false;
  const world: Host['world'] = (whole) => {
    const served = whole.catalog.served.bind(whole.catalog);
    whole.catalog.served = (collection, after, limit) => {
      if (after === null) isFirstTurn = true;
      return served(collection, after, limit);
    };
    const yieldTurn = async (): Promise<void> => {
      const work = isFirstTurn ? works.shift() : undefined;
      // The work gives turns back as well.
      isFirstTurn = false;
      await work?.();
      await whole.clock.yieldTurn();
    };
    return { ...whole, clock: { ...whole.clock, yieldTurn } };
  };
  return { fs: nodeFileSystem, clock: systemClock, random: systemRandom, world };
}

// Teeth: without the digest asked for in catalog/sightings.ts it is listed as invalid for good.
test('a document that is written as it should be, after it was judged unfit, is not marked', async () => {
  const works: (() => Promise<unknown>)[] = [];
  await using world = await openTestLarder({ ...MANY, 'lod/things/a.json': '{"v": 1}' }, { host: inPasses(works) });
  const put = (value: number): Promise<unknown> =>
    world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v: value }) } }, me);
  works.push(
    () => put(100),
    () => put(2),
  );
  await world.larder.putSchema('lod/things', LIMIT, me, undefined);
  expect(works).toEqual([]);
  expect(world.larder.problems({ collection: null, limit: 100, cursor: null }).items).toEqual([]);
  expect(await world.text('a')).toContain('2');
});
