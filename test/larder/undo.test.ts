import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { bytes, me, openTestLarder, ref } from '../reconciler/world.ts';

const put = (id: string, value: unknown) => ({ ref: ref(id), change: { op: 'put', body: bytes(value) } }) as const;
const HOUR_MS = 3_600_000;

/** The machine's clock, set by the test. */
function settableClock(): Clock & { setBackMs: number } {
  const clock = { ...systemClock, setBackMs: 0, nowMs: () => systemClock.nowMs() - clock.setBackMs };
  return clock;
}

test('where the clock went back, a time is ambiguous: reads say so, undo asks for a seq', async () => {
  const clock = settableClock();
  await using world = await openTestLarder({}, { host: { fs: nodeFileSystem, clock, random: systemRandom } });
  const { larder } = world;
  const startMs = clock.nowMs();
  await larder.write(put('a', { v: 1 }), me);
  clock.setBackMs = -HOUR_MS;
  await larder.write(put('a', { v: 2 }), me);
  clock.setBackMs = 0;
  const behind = await larder.write(put('a', { v: 3 }), me);
  // Between the first write and the one an hour ahead: the third says that it was made then, too.
  const betweenMs = startMs + HOUR_MS / 2;
  expect(larder.versions.moment({ timeMs: betweenMs })).toEqual({ seq: 1, isAmbiguous: true });
  expect(larder.versions.moment({ timeMs: startMs - 1 })).toEqual({ seq: 0, isAmbiguous: false });
  expect(larder.versions.moment({ timeMs: startMs + 2 * HOUR_MS })).toEqual({ seq: 3, isAmbiguous: false });
  expect(await larder.readAt(ref('a'), { timeMs: betweenMs })).toMatchObject({ seq: 1 });
  const since = new Date(betweenMs).toISOString();
  await expect(larder.versions.undo({ since }, me)).rejects.toMatchObject({ code: 'ambiguous_time' });
  expect(larder.seq).toBe(behind.seq);
  await larder.versions.undo({ since: 1 }, me);
  expect(await world.text('a')).toBe('{\n  "v": 1\n}\n');
  // A catalog that is made again from the log knows it as well.
  await world.reopen();
  expect(world.larder.versions.moment({ timeMs: betweenMs })).toEqual({ seq: 1, isAmbiguous: true });
});

test('a restore is taken back whole by its session, and a seq inside of what one rescan found means its end', async () => {
  await using world = await openTestLarder();
  const save = (version: number, count: number): void => {
    for (let i = 0; i < count; i++) world.save(`lod/things/d${i}.json`, `{"d": ${i}, "v": ${version}}`);
  };
  for (const version of [1, 2]) {
    save(version, 600);
    await world.larder.rescan();
  }
  save(1, 25);
  await world.larder.rescan();
  const [restored] = world.larder.versions.recent({ kind: 'all' }, { before: null, limit: 1 }).items;
  expect(restored).toMatchObject({ cause: 'restore', actor: 'hand', seq: 1225 });
  expect(world.larder.versions.moment({ seq: 1 })).toEqual({ seq: 600, isAmbiguous: false });
  const undone = await world.larder.versions.undo({ session: restored?.session ?? '' }, me);
  expect(undone.undone).toBe(25);
  expect(await world.text('d24')).toBe('{"d": 24, "v": 2}');
});

test('thousands of documents are undone as one change set, and no more than fit into one', async () => {
  await using world = await openTestLarder();
  mkdirSync(world.at('lod/things'), { recursive: true });
  for (let i = 0; i < 10_001; i++) writeFileSync(world.at(`lod/things/d${i}.json`), `{"v": ${i}}`);
  await world.larder.rescan();
  await expect(world.larder.versions.undo({ since: 0 }, me)).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining('at most 10000 documents'),
  });
  const ids = Array.from({ length: 2000 }, (_, i) => `d${i}`);
  const agent = { ...me, session: 'agent' };
  await world.larder.writeAll(
    ids.map((id) => put(id, { broken: id })),
    agent,
  );
  const undone = await world.larder.versions.undo({ session: 'agent' }, me);
  expect(undone).toMatchObject({ undone: 2000, unchanged: 0 });
  expect(undone.seq).toEqual([world.larder.seq - 1999, world.larder.seq]);
  for (const id of ['d0', 'd1000', 'd1999']) expect(await world.text(id)).toBe(`{"v": ${id.slice(1)}}`);
  const again = await world.larder.versions.undo({ change_set: undone.change_set ?? '' }, me);
  expect(again.undone).toBe(2000);
  expect(await world.text('d7')).toContain('"broken"');
}, 120_000);

test('an edit after a broken file was put right by hand is undone to the bytes that it had then', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}\n' });
  const [created] = world.events();
  world.save('lod/things/a.json', '{"v": ');
  await expect.poll(() => world.read('a').then(() => world.events().at(-1)?.op), { timeout: 20_000 }).toBe('problem');
  world.save('lod/things/a.json', '{"v": 1}\n');
  await expect.poll(() => world.read('a').then(() => world.events().at(-1)?.op), { timeout: 20_000 }).toBe('resolved');
  expect(world.events().at(-1)?.digest ?? null).toBe(created?.digest);
  world.save('lod/things/a.json', '{"v": 2}\n');
  expect(await world.text('a')).toBe('{"v": 2}\n');
  const changeSet = world.events().at(-1)?.change_set ?? '';
  await world.larder.versions.undo({ change_set: changeSet }, me);
  expect(await world.text('a')).toBe('{"v": 1}\n');
});

test('a file that was removed a moment ago is brought back, and not what was done before it', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}', 'lod/things/b.json': '{"v": 1}' });
  const { versions } = world.larder;
  const { seq } = await world.larder.write(put('a', { v: 2 }), me);
  const text = await world.text('a');
  rmSync(world.at('lod/things/a.json'));
  const preview = await versions.undo({ collection: 'lod/things', document: 'a' }, me, { dryRun: true });
  expect(preview.items).toMatchObject([{ id: 'a', op: 'create' }]);
  await versions.undo({ collection: 'lod/things', document: 'a' }, me);
  expect(await world.text('a')).toBe(text);
  // Of a collection what a look has noticed counts, if only once.
  rmSync(world.at('lod/things/b.json'));
  await world.larder.rescan();
  expect(await versions.undo({ since: seq, collection: 'lod/things', actor: 'hand' }, me)).toMatchObject({
    items: [{ id: 'b', op: 'create' }],
  });
});
