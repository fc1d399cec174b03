import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { openBulkInThread } from '../../src/files/bulk-in-thread.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';

test('a file that became short enough to be held before it was hashed is looked at again, as what it is now', async () => {
  const root = mkdtempSync(join(tmpdir(), 'larder-shrinking-'));
  try {
    const file = join(root, 's.jsonl');
    writeFileSync(file, 'a line\n'.repeat(100));
    const { ino, dev } = statSync(root, { bigint: true });
    const cut: FileSystem = {
      ...nodeFileSystem,
      lstat(path) {
        // The second look at it is the one that hashes it.
        if (path === file && ++looks === 2) truncateSync(file, 7);
        return nodeFileSystem.lstat(path);
      },
    };
    let looks = 0;
    const world = { fs: cut, clock: systemClock, root, rootDevice: dev, rootInode: ino, heldBytes: 50 };
    await using bulk = openBulkInThread(world);
    const [first] = await bulk.examine(['s.jsonl'], new Map());
    expect(first?.look.kind).toBe('unstable');
    const [second] = await bulk.examine(['s.jsonl'], new Map());
    expect(second?.look.kind).toBe('file');
    expect(second?.digest).toBe(digestOf(Buffer.from('a line\n')));
  } finally {
    rmSync(root, { recursive: true });
  }
});
