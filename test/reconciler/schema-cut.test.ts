/** The process dies between the frame of a schema and the marks that it makes (DESIGN 3.8): the next start judges what is left. */
import { expect, test } from 'vitest';
import { Crash } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder, type Host } from '../../src/larder.ts';
import { bytes, me, openTestLarder, type TestLarder } from './world.ts';

const HIGH = { 'lod/things/a.json': '{"v": 100}', 'lod/things/b.json': '{"v": 101}', 'lod/things/c.json': '{"v": 1}' };
const LIMIT = bytes({ properties: { v: { maximum: 60 } } });
const NO_LIMIT = bytes({ properties: { v: { maximum: 600 } } });

/** Marks so many documents, and dies at the next. */
function dyingAfter(marks: { left: number }): Host {
  const world: Host['world'] = (whole) => {
    const setDerived = whole.catalog.setDerived.bind(whole.catalog);
    const noteJudged = whole.catalog.noteJudged.bind(whole.catalog);
    const dieAtLast = (): void => {
      if (marks.left-- <= 0) throw new Crash();
    };
    Object.assign(whole.catalog, {
      setDerived: (...said: Parameters<typeof setDerived>) => (dieAtLast(), setDerived(...said)),
      noteJudged: (...said: Parameters<typeof noteJudged>) => (dieAtLast(), noteJudged(...said)),
    });
    return whole;
  };
  return { fs: nodeFileSystem, clock: systemClock, random: systemRandom, world };
}

const unfit = (larder: Larder): string[] =>
  larder
    .problems({ collection: null, limit: 100, cursor: null })
    .items.map(({ code, document }) => `${code} ${document}`);

/** What a start knows before it has looked at any file. */
async function unfitAfterRestart(world: TestLarder): Promise<string[]> {
  await world.larder[Symbol.asyncDispose]();
  world.larder = await openLarder({ root: world.root, watcher: 'none' });
  await world.larder.caughtUp;
  return unfit(world.larder);
}

// Teeth: without `await rejudge(world)` in larder/start-up.ts each of these fails.
test.each([0, 1])(
  'a start marks what a schema made unfit, although %i marks were all that the process made',
  async (left) => {
    const marks = { left: Infinity };
    await using world = await openTestLarder(HIGH, { host: dyingAfter(marks) });
    expect(unfit(world.larder)).toEqual([]);
    marks.left = left;
    await expect(world.larder.putSchema('lod/things', LIMIT, me, undefined)).rejects.toThrow('the process died here');
    expect(world.events().at(-1)).toMatchObject({ op: 'schema' });
    expect(await unfitAfterRestart(world)).toEqual(['invalid a', 'invalid b']);
  },
);

test('a start takes back the marks of a schema that is not in force any more', async () => {
  const marks = { left: Infinity };
  await using world = await openTestLarder(HIGH, { host: dyingAfter(marks) });
  await world.larder.putSchema('lod/things', LIMIT, me, undefined);
  expect(unfit(world.larder)).toEqual(['invalid a', 'invalid b']);
  marks.left = 1;
  await expect(world.larder.putSchema('lod/things', NO_LIMIT, me, undefined)).rejects.toThrow('the process died here');
  expect(await unfitAfterRestart(world)).toEqual([]);
});
