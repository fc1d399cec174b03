/** What a file looks like to others stays as it is when its content is replaced. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { me, put, Store } from './store.ts';

const isRoot = process.getuid?.() === 0;

function works(program: string, ...parameters: string[]): boolean {
  try {
    execFileSync(program, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const output = (program: string, ...parameters: string[]): string =>
  execFileSync(program, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

const fileOf = (store: Store, id: string): string => join(store.root, `lod/things/${id}.json`);
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe.each([{ without: [] as const }, { without: ['exchange'] as const }])('without $without', ({ without }) => {
  test('a replaced file keeps its mode', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    for (const mode of [0o600, 0o640, 0o444]) {
      chmodSync(fileOf(store, 'a'), mode);
      await store.larder.write(put('a', `mode ${mode}`), me);
      expect(modeOf(fileOf(store, 'a')).toString(8)).toBe(mode.toString(8));
    }
  });

  test.skipIf(!isRoot)('a replaced file keeps its owner and group (skipped: needs root)', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    chownSync(fileOf(store, 'a'), 12_345, 23_456);
    chmodSync(fileOf(store, 'a'), 0o2664);
    await store.larder.write(put('a', 'new'), me);
    const { uid, gid } = statSync(fileOf(store, 'a'));
    expect([uid, gid, modeOf(fileOf(store, 'a')).toString(8)]).toEqual([12_345, 23_456, '2664']);
  });

  test('a replaced file keeps its user attributes, where the file system has them', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    const file = fileOf(store, 'a');
    if (!works('setfattr', '-n', 'user.origin', '-v', 'scanner', file)) return;
    await store.larder.write(put('a', 'new'), me);
    expect(output('getfattr', '--only-values', '-n', 'user.origin', file)).toBe('scanner');
  });

  test('a replaced file keeps its ACL, where the file system has them', async () => {
    await using store = await Store.open(without);
    await store.larder.write(put('a', 'old'), me);
    const file = fileOf(store, 'a');
    if (!works('setfacl', '-m', 'u:12345:rw', file)) return;
    const before = output('getfacl', '-c', '-n', file);
    await store.larder.write(put('a', 'new'), me);
    expect(output('getfacl', '-c', '-n', file)).toBe(before);
    expect(before).toContain('user:12345:rw-');
  });
});

test('a new file takes group and mode from its directory, and so does a new directory', async () => {
  await using store = await Store.open();
  mkdirSync(join(store.root, 'lod/things'), { recursive: true });
  chmodSync(join(store.root, 'lod/things'), 0o2775);
  if (isRoot) chownSync(join(store.root, 'lod/things'), 0, 23_456);
  await store.larder.write(put('sub/a', 'new'), me);
  expect(modeOf(fileOf(store, 'sub/a')).toString(8)).toBe('664');
  expect(modeOf(join(store.root, 'lod/things/sub')).toString(8)).toBe('2775');
  if (isRoot) expect(statSync(fileOf(store, 'sub/a')).gid).toBe(23_456);
});
