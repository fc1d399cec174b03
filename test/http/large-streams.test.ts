import { appendFileSync, readdirSync, readlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { within } from '../torture/harness.ts';
import { openWorld, type World } from './world.ts';

/** More than the history keeps of a version: 16 MiB. */
const LINE = `${JSON.stringify({ text: 'a record of a stream '.repeat(50) })}\n`;
const LARGE = LINE.repeat(Math.ceil((17 * 1024 * 1024) / LINE.length));
const URL = '/v1/lod/log/large.jsonl';

const openLarge = (): Promise<World> => openWorld({ files: { 'lod/log/large.jsonl': LARGE } });

test('a stream beyond what the history keeps is answered whole, from its file', async () => {
  await using world = await openLarge();
  const answer = await world.get(URL);
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    'content-length': String(LARGE.length),
    etag: `"${digestOf(Buffer.from(LARGE))}"`,
    'larder-seq': '1',
  });
  expect(answer.text === LARGE).toBe(true);
  expect((await world.ask('HEAD', URL)).headers['content-length']).toBe(String(LARGE.length));
  expect((await world.get(URL, { 'if-none-match': answer.headers.etag ?? '' })).status).toBe(304);
});

test('it is answered in ranges, and a range that it has not is refused', async () => {
  await using world = await openLarge();
  const end = LARGE.length;
  const answer = await world.get(URL, { range: `bytes=${end - LINE.length}-` });
  expect(answer).toMatchObject({ status: 206, text: LINE });
  expect(answer.headers['content-range']).toBe(`bytes ${end - LINE.length}-${end - 1}/${end}`);
  expect(await world.get(URL, { range: `bytes=${end}-` })).toMatchObject({ status: 416 });
});

test('an append to it is in the next answer', async () => {
  await using world = await openLarge();
  await world.get(URL);
  appendFileSync(join(world.root, 'lod/log/large.jsonl'), LINE);
  const answer = await world.get(URL);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.headers).toMatchObject({ 'larder-seq': '2', etag: `"${digestOf(Buffer.from(LARGE + LINE))}"` });
  expect(answer.text === LARGE + LINE).toBe(true);
});

test('an earlier version of it is known, and said to be kept nowhere', async () => {
  await using world = await openLarge();
  appendFileSync(join(world.root, 'lod/log/large.jsonl'), LINE);
  await world.get(URL);
  const earlier = await world.get(`${URL}/_history/1`);
  expect(earlier.status).toBe(410);
  expect(earlier.json).toMatchObject({ code: 'gone', title: 'The bytes of that version are not kept' });
});

test('descriptors are given back, whatever becomes of the answer', async () => {
  await using world = await openLarge();
  const before = openDescriptors();
  for (const headers of [{}, { range: 'bytes=0-9' }, { range: `bytes=${LARGE.length}-` }])
    await world.get(URL, headers);
  const { etag = '' } = (await world.ask('HEAD', URL)).headers;
  await world.get(URL, { 'if-none-match': etag });
  await within(20_000, () => openDescriptors() <= before);
  expect(openDescriptors()).toBeLessThanOrEqual(before);
});

test('cut to less than that, it is held and kept like any other', async () => {
  await using world = await openLarge();
  await world.get(URL);
  truncateSync(join(world.root, 'lod/log/large.jsonl'), LINE.length);
  expect(await world.get(URL)).toMatchObject({ status: 200, text: LINE });
});

/** Of this stream: sockets come and go. */
const openDescriptors = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).endsWith('large.jsonl')).length;

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
