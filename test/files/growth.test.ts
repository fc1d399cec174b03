import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { digestOnwards } from '../../src/core/growing-digest.ts';
import { COMPARED_BYTES, lookAtGrowth, readBeginning, type KnownBeginning } from '../../src/files/growth.ts';
import type { World } from '../../src/files/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { systemClock } from '../../src/host/system-clock.ts';

const NAME = 'lines.jsonl';
/** Longer than the end that is compared. */
const LONG = Buffer.from('a line of a stream\n'.repeat(10_000));

interface StreamWorld extends World, Disposable {
  readonly file: string;
  readonly known: KnownBeginning;
}

function openStream(bytes: Uint8Array, fs = nodeFileSystem): StreamWorld {
  const root = mkdtempSync(join(tmpdir(), 'larder-growth-'));
  const file = join(root, NAME);
  writeFileSync(file, bytes);
  const stat = nodeFileSystem.lstat(file);
  if (!stat) throw new Error('the file is not there');
  const { ino, birthtimeNs } = stat;
  const { dev: rootDevice, ino: rootInode } = statSync(root, { bigint: true });
  const world = { fs, clock: systemClock, root, rootDevice, rootInode, file };
  const known = readBeginning(world, NAME, { ino, birthtimeNs, size: bytes.length });
  if (!known) throw new Error('the beginning cannot be read');
  return { ...world, known, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

test('a digest that goes on has the value of the whole, however the bytes are cut', () => {
  assert(
    property(array(uint8Array({ maxLength: 5000, size: 'max' }), { maxLength: 12 }), (pieces) => {
      let state: Uint8Array | null = null;
      let whole = Buffer.alloc(0);
      for (const piece of pieces) {
        whole = Buffer.concat([whole, piece]);
        const onwards = digestOnwards(state, [piece]);
        expect(onwards.digest).toBe(digestOf(whole));
        state = onwards.state;
      }
    }),
    { numRuns: 100 },
  );
});

test.each([0, 1, 500, COMPARED_BYTES, COMPARED_BYTES + 1, 3_000_000])(
  '%d bytes that grow have the digest of the whole at each append',
  (size) => {
    using stream = openStream(Buffer.alloc(size, LONG));
    let { known } = stream;
    let whole = Buffer.alloc(size, LONG);
    for (const more of ['x\n', 'y\n'.repeat(40_000), 'z']) {
      appendFileSync(stream.file, more);
      whole = Buffer.concat([whole, Buffer.from(more)]);
      const found = lookAtGrowth(stream, NAME, known);
      expect(found).toMatchObject({ look: { kind: 'large', digest: digestOf(whole), stat: { size: whole.length } } });
      if (found === 'other' || found === 'moving') throw new Error(found);
      expect(Buffer.from(found.now.end).equals(whole.subarray(-COMPARED_BYTES))).toBe(true);
      known = found.now;
    }
  },
);

test('only the appended bytes and the end before them are read', () => {
  let readBytes = 0;
  const fs = Object.assign(Object.create(nodeFileSystem) as typeof nodeFileSystem, {
    read: (...args: Parameters<typeof nodeFileSystem.read>) => {
      const count = nodeFileSystem.read(...args);
      readBytes += count;
      return count;
    },
  });
  using stream = openStream(Buffer.alloc(5_000_000, LONG), fs);
  appendFileSync(stream.file, 'one more\n');
  readBytes = 0;
  expect(lookAtGrowth(stream, NAME, stream.known)).toMatchObject({ look: { stat: { size: 5_000_009 } } });
  expect(readBytes).toBe(COMPARED_BYTES + 9);
});

test.each<[string, (stream: StreamWorld) => void]>([
  ['cut', ({ file, known }) => truncateSync(file, known.size - 1)],
  ['the same', () => {}],
  [
    'replaced by a longer one',
    ({ file }) => {
      writeFileSync(`${file}.new`, Buffer.concat([LONG, LONG]));
      renameSync(`${file}.new`, file);
    },
  ],
  ['written anew in place, and longer', ({ file }) => writeFileSync(file, Buffer.alloc(LONG.length * 2, 'other\n'))],
  ['gone', ({ file }) => rmSync(file)],
])('a stream that is %s did not grow', (_, change) => {
  using stream = openStream(LONG);
  change(stream);
  expect(lookAtGrowth(stream, NAME, stream.known)).toBe('other');
});

test('a stream that grows during every read is not believed', () => {
  using stream = openStream(LONG);
  appendFileSync(stream.file, 'x');
  let reads = 0;
  const fs = Object.assign(Object.create(nodeFileSystem) as typeof nodeFileSystem, {
    read: (...args: Parameters<typeof nodeFileSystem.read>) => {
      if (reads++ < 20) appendFileSync(stream.file, 'x');
      return nodeFileSystem.read(...args);
    },
  });
  expect(lookAtGrowth({ ...stream, fs }, NAME, stream.known)).toBe('moving');
  reads = 20;
  expect(lookAtGrowth({ ...stream, fs }, NAME, stream.known)).toMatchObject({ look: { kind: 'large' } });
});
