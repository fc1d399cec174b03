import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { openBulkInThread } from '../../src/files/bulk-in-thread.ts';
import { openBulkThreads } from '../../src/files/bulk-threads.ts';
import { openFilesWorld, type FilesWorld } from './world.ts';

const KIB = 1024;
/** Small ones, gaps between, one over the border of a window and one larger than it. */
const PIECES = [
  [0, 40],
  [40, 3],
  [5000, 20],
  [1020 * KIB, 9 * KIB],
  [1100 * KIB, 1500 * KIB],
  [2700 * KIB, 1],
] as const;

const READERS = [
  ['in the calling thread', (world: FilesWorld) => openBulkInThread(world)],
  ['in a thread of its own', (world: FilesWorld) => openBulkThreads(world)],
] as const;

test.each(READERS)('pieces of a file are hashed %s, and what is cut off has another digest', async (_name, open) => {
  using world = openFilesWorld();
  const bytes = Buffer.from(Uint8Array.from({ length: 2700 * KIB }, (_, at) => (at * at) % 251));
  world.save('lod/files/segment', bytes);
  await using bulk = open(world);
  const [offsets, lengths] = [PIECES.map(([offset]) => offset), PIECES.map(([, length]) => length)];
  const digests = await bulk.pieces({ file: world.at('lod/files/segment'), offsets, lengths });
  const expected = PIECES.map(([offset, length]) => digestOf(bytes.subarray(offset, offset + length)));
  expect(digests).toBe(expected.join(''));
  expect(digests.endsWith(digestOf(new Uint8Array()))).toBe(true);
});

test.each(READERS)('texts are hashed %s as the bytes that they stand for, short and long ones', async (_name, open) => {
  using world = openFilesWorld();
  await using bulk = open(world);
  const texts = ['', '{}', '{"ß":"日本 🎈"}', '日'.repeat(70 * KIB), 'x'.repeat(30 * KIB), '日'.repeat(30 * KIB)];
  expect(await bulk.texts(texts)).toBe(texts.map((text) => digestOf(Buffer.from(text))).join(''));
});
