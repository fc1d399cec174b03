/** A directory that is replaced by a symlink to where it went: what lies there is not the root's any more. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLarder } from '../../src/larder.ts';

const DOCUMENT = { collection: 'lod/things', id: 'a' };

test('a document is answered as it was known, and nothing that changes behind the symlink is', async () => {
  const place = mkdtempSync(join(tmpdir(), 'larder-symlinked-'));
  try {
    const [root, outside] = [join(place, 'root'), join(place, 'outside')];
    mkdirSync(join(root, 'lod/things'), { recursive: true });
    writeFileSync(join(root, 'lod/things/a.json'), '{"n": 1}\n');
    await using larder = await openLarder({ root, watcher: 'none' });
    await larder.ready;
    const text = async (): Promise<string> => {
      const answer = await larder.read(DOCUMENT);
      return answer.kind === 'served' ? Buffer.from(answer.bytes).toString() : answer.kind;
    };
    expect(await text()).toBe('{"n": 1}\n');
    renameSync(join(root, 'lod/things'), outside);
    symlinkSync(outside, join(root, 'lod/things'));
    expect(await text()).toBe('{"n": 1}\n');
    writeFileSync(join(outside, 'a.json'), '{"secret": 2}\n');
    expect(await text()).toBe('{"n": 1}\n');
    await larder.rescan();
    expect(await text()).not.toContain('secret');
    const { items } = larder.problems({ collection: null, limit: 10, cursor: null });
    expect(
      items.map(({ code }) => code),
      'and it is told',
    ).toContain('unreadable');
  } finally {
    rmSync(place, { recursive: true });
  }
});
