import { expect, test } from 'vitest';
import type { Larder } from '../../src/larder-types.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { followEvents } from './event-client.ts';
import { openWorld, type World } from './world.ts';

interface FeedPage {
  readonly items: readonly { readonly seq: number; readonly op: string; readonly id: string }[];
  readonly next: number;
  readonly up_to_date: boolean;
  readonly log: string;
}

const page = async (world: World, path: string): Promise<FeedPage> => (await world.get(path)).json as FeedPage;
const idsOf = ({ items }: FeedPage): string[] => items.map(({ id }) => id);

test('a page tells the events after a seq in their order, with the log and where to go on', async () => {
  await using world = await openWorld();
  const { seq } = world.larder;
  await world.put('/v1/lod/a/x', { v: 1 });
  await world.put('/v1/lod/a/x', { v: 2 });
  await world.ask('DELETE', '/v1/lod/a/x');
  const answer = await world.get(`/v1/_changes?_since=${seq}`);
  expect(answer.headers).toMatchObject({ 'larder-log': world.larder.logId, 'larder-seq': String(seq + 3) });
  expect(answer.json).toMatchObject({
    items: [
      { seq: seq + 1, op: 'create', collection: 'lod/a', id: 'x', actor: 'local', cause: 'api', before: null },
      { seq: seq + 2, op: 'update', change_set: expect.any(String), at: expect.stringMatching(/^20\d\d-/) },
      { seq: seq + 3, op: 'delete', digest: null },
    ],
    next: seq + 3,
    up_to_date: true,
    log: world.larder.logId,
  });
});

test('pages are walked by next until they are up to date', async () => {
  await using world = await openWorld();
  const since = world.larder.seq;
  for (let i = 0; i < 5; i++) await world.put(`/v1/lod/a/x${i}`, { i });
  const first = await page(world, `/v1/_changes?_since=${since}&_limit=3`);
  expect([idsOf(first), first.up_to_date]).toEqual([['x0', 'x1', 'x2'], false]);
  const second = await page(world, `/v1/_changes?_since=${first.next}&_limit=3`);
  expect([idsOf(second), second.up_to_date]).toEqual([['x3', 'x4'], true]);
});

test('a feed covers one collection, a namespace, or all', async () => {
  await using world = await openWorld();
  const { seq } = world.larder;
  for (const path of ['lod/a/1', 'lod/b/2', 'bc/a/3', 'lod/files/4']) await world.put(`/v1/${path}`, {});
  const ids = async (path: string): Promise<string[]> => idsOf(await page(world, `${path}?_since=${seq}`));
  expect(await ids('/v1/_changes')).toEqual(['1', '2', '3', '4']);
  expect(await ids('/v1/lod/_changes')).toEqual(['1', '2', '4']);
  expect(await ids('/v1/lod/a/_changes')).toEqual(['1']);
  expect(await ids('/v1/lod/files/_changes')).toEqual(['4']);
});

test('_since=now starts behind everything, without it a page starts at the beginning', async () => {
  await using world = await openWorld({ files: { 'lod/a/x.json': {} } });
  expect(idsOf(await page(world, '/v1/_changes'))).toContain('x');
  expect(await page(world, '/v1/_changes?_since=now')).toMatchObject({
    items: [],
    next: world.larder.seq,
    up_to_date: true,
  });
  expect(idsOf(await page(world, '/v1/_changes?_since=2020-01-01T00:00:00%2B01:00'))).toContain('x');
});

test.each([
  ['a seq that is not reached', '_since=999999'],
  ['another log', `_since=0&_log=${'0'.repeat(32)}`],
])('%s is told to fetch everything anew', async (_, query) => {
  await using world = await openWorld();
  const { status, json } = await world.get(`/v1/_changes?${query}`);
  expect([status, json]).toMatchObject([409, { code: 'must_refetch', log: world.larder.logId, seq: world.larder.seq }]);
  const feed = await followEvents(world.port, `/v1/_changes?${query}`);
  expect(await feed.next()).toMatchObject({ event: 'must-refetch', json: { log: world.larder.logId } });
  await feed.ended;
});

test.each(['_since=abc', '_since=-1', '_since=1e3', '_wait=61', '_wait=x', '_include=doc', '_limit=0', '_limt=5'])(
  '%s is refused',
  async (query) => {
    await using world = await openWorld();
    expect((await world.get(`/v1/_changes?${query}`)).status).toBe(400);
  },
);

test('a long poll waits for an event of its own scope', async () => {
  await using world = await openWorld();
  const polled = page(world, `/v1/lod/a/_changes?_since=${world.larder.seq}&_wait=60`);
  await world.put('/v1/lod/other/x', {});
  await world.put('/v1/lod/a/mine', {});
  expect(idsOf(await polled)).toEqual(['mine']);
});

test('a long poll is over after its time', async () => {
  const clock = simulatedClock();
  await using world = await openWorld({ clock });
  const polled = page(world, '/v1/_changes?_since=now&_wait=7');
  const isOpen = async (): Promise<boolean> => (await world.get('/metrics')).text.includes('larder_http_streams 1');
  await expect.poll(isOpen).toBe(true);
  await clock.advance(7000);
  expect((await polled).items).toEqual([]);
});

test('a stream starts now, says that it is up to date, and tells what happens', async () => {
  await using world = await openWorld({ files: { 'lod/a/before.json': {} } });
  const feed = await followEvents(world.port, '/v1/_changes');
  expect(feed.headers).toMatchObject({ 'content-type': 'text/event-stream', 'larder-log': world.larder.logId });
  expect(await feed.next()).toMatchObject({ event: 'up-to-date', json: { seq: world.larder.seq } });
  const { headers } = await world.put('/v1/lod/a/live', { v: 1 });
  expect(await feed.next()).toMatchObject({
    id: headers['larder-seq'],
    event: 'create',
    json: { id: 'live', digest: headers.etag?.slice(1, -1) },
  });
  feed.close();
});

test('a stream resumes behind Last-Event-ID, which wins over _since, without a gap or a repeat', async () => {
  await using world = await openWorld();
  const { seq } = world.larder;
  for (let i = 0; i < 450; i++) await world.put(`/v1/lod/a/x${i % 7}`, { i });
  const feed = await followEvents(world.port, '/v1/_changes?_since=0', { 'last-event-id': String(seq + 2) });
  const backlog = await feed.until(({ event }) => event === 'up-to-date');
  expect(backlog.slice(0, -1).map(({ id }) => Number(id))).toEqual(Array.from({ length: 448 }, (_, i) => seq + 3 + i));
  await world.put('/v1/lod/a/live', {});
  expect(await feed.next()).toMatchObject({ id: String(seq + 451), event: 'create' });
  feed.close();
});

test.each(['abc', '-1', '1e3', '1.5'])('Last-Event-ID %s is refused', async (id) => {
  await using world = await openWorld();
  const feed = await followEvents(world.port, '/v1/_changes', { 'last-event-id': id });
  expect(feed.status).toBe(400);
});

test('an empty Last-Event-ID is none', async () => {
  await using world = await openWorld();
  const feed = await followEvents(world.port, '/v1/_changes', { 'last-event-id': '' });
  expect((await feed.next()).event).toBe('up-to-date');
  feed.close();
});

test('a quiet stream sends a comment every 15 s, also when others are busy', async () => {
  const clock = simulatedClock();
  await using world = await openWorld({ clock });
  const feed = await followEvents(world.port, '/v1/lod/quiet/_changes');
  await feed.next();
  for (let second = 1; second <= 31; second++) {
    await world.put('/v1/lod/busy/x', { second });
    await clock.advance(1000);
  }
  await expect.poll(() => feed.comments.length).toBe(2);
  feed.close();
});

test('streams end when the daemon stops', async () => {
  await using world = await openWorld();
  const feeds = await Promise.all([1, 2, 3].map(() => followEvents(world.port, '/v1/_changes')));
  await Promise.all(feeds.map((feed) => feed.next()));
  await world.listening.close(1000);
  await Promise.all(feeds.map((feed) => feed.ended));
});

test('more streams than allowed are refused, and a closed one makes room', async () => {
  await using world = await openWorld({ config: { streams: 2 } });
  const feeds = await Promise.all([1, 2].map(() => followEvents(world.port, '/v1/_changes')));
  const refused = await world.get('/v1/_changes', { accept: 'text/event-stream' });
  expect(refused).toMatchObject({ status: 503, json: { code: 'busy' }, headers: { 'retry-after': '1' } });
  feeds[0]?.close();
  const next = async (): Promise<number> => {
    const feed = await followEvents(world.port, '/v1/_changes');
    if (feed.status === 200) feeds.push(feed);
    return feed.status;
  };
  await expect.poll(next).toBe(200);
  for (const feed of feeds) feed.close();
});

/** Counts the pages that are read. */
function counting(): { readonly wrap: (larder: Larder) => Larder; readonly reads: () => number } {
  let reads = 0;
  const wrap = (larder: Larder): Larder =>
    new Proxy(larder, {
      get: (target, name) => {
        if (name === 'changes') reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return { wrap, reads: () => reads };
}

test('followers at the same place share one reading of the log', async () => {
  const { wrap, reads } = counting();
  await using world = await openWorld({ wrap });
  const feeds = await Promise.all(Array.from({ length: 20 }, () => followEvents(world.port, '/v1/_changes')));
  await Promise.all(feeds.map((feed) => feed.next()));
  const before = reads();
  await world.put('/v1/lod/a/x', {});
  await Promise.all(feeds.map((feed) => feed.next()));
  expect(reads() - before).toBeLessThan(feeds.length);
  for (const feed of feeds) feed.close();
});
