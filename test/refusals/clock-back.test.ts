import { expect, test } from 'vitest';
import { me, put, ref, Store } from './store.ts';

const HOUR_MS = 3_600_000;

test('with a clock an hour back, writes, edits, history, feed and moments go on: the seq decides', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'first'), me);
  const beforeMs = store.clock.nowMs();
  store.clock.step(-HOUR_MS);
  const second = await store.larder.write(put('a', 'second'), me);
  store.save('a', 'by hand');
  expect(await store.value('a'), 'an edit by hand is served, although its ctime lies in the future').toBe('by hand');
  store.save('a', 'again by hand');
  expect(await store.value('a')).toBe('again by hand');
  await store.larder.rescan();
  const items = store.larder.history(ref('a'), { before: null, limit: 10 })?.items ?? [];
  expect(items.map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
  expect(items[1]?.atMs).toBeLessThan(beforeMs);
  expect(store.events().map(({ seq, cause }) => [seq, cause])).toEqual([
    [1, 'api'],
    [2, 'api'],
    [3, 'hand'],
    [4, 'hand'],
  ]);
  const at = async (moment: Parameters<typeof store.larder.readAt>[1]): Promise<string> => {
    const answer = await store.larder.readAt(ref('a'), moment);
    return answer.kind === 'served' ? Buffer.from(answer.bytes).toString() : answer.kind;
  };
  expect(await at({ seq: second.seq })).toContain('second');
  expect(await at({ timeMs: beforeMs + HOUR_MS }), 'a later time is the newest').toContain('again by hand');
  expect(await at({ timeMs: beforeMs - 2 * HOUR_MS }), 'an earlier one is before everything').toBe('missing');
});

test('with a clock an hour back, a broken file is a problem after 2 s and a good one ends it', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'good'), me);
  store.clock.step(-HOUR_MS);
  store.saveText('a', '{"value": ');
  const mark = async (): Promise<string | undefined> => {
    const answer = await store.larder.read(ref('a'));
    return answer.kind === 'served' ? answer.mark?.code : answer.kind;
  };
  expect(await mark()).toBe('pending');
  await store.clock.skip(2500);
  expect(await mark()).toBe('invalid');
  store.save('a', 'good again');
  expect(await store.value('a')).toBe('good again');
});

test('a restart under a clock an hour back finds nothing to tell', async () => {
  await using store = await Store.open();
  await store.larder.write(put('a', 'first'), me);
  store.clock.step(-HOUR_MS);
  await store.stop();
  await store.start();
  expect(store.events()).toHaveLength(1);
  const written = await store.larder.write(put('a', 'second'), me);
  expect(written.seq).toBe(2);
});
