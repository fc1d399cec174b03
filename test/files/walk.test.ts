import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBulkInThread } from '../../src/files/bulk-in-thread.ts';
import { openBulkThreads } from '../../src/files/bulk-threads.ts';
import type { BulkReader } from '../../src/files/bulk.ts';
import { spellName } from '../../src/files/spell-name.ts';
import { walkDirectory } from '../../src/files/walk.ts';
import { digestOf } from '../../src/core/digest.ts';
import { editedOf, type EditOutcome } from '../../src/core/edited-document.ts';
import { filesIn } from '../../src/files/hash-directory.ts';
import { openFilesWorld, type FilesWorld } from './world.ts';

test('a directory is listed by lstat, with what cannot be addressed spelled out, and without what is not ours', () => {
  using world = openFilesWorld();
  world.save('lod/c/a.json', '{"v": 1}');
  world.save('lod/c/.hidden.json');
  mkdirSync(world.at('lod/c/folder'));
  symlinkSync('/etc', world.at('lod/c/etc'));
  execFileSync('mkfifo', [world.at('lod/c/pipe')]);
  writeFileSync(Buffer.concat([Buffer.from(world.at('lod/c/ü')), Buffer.from([0xff])]), '');
  const { entries, unreadable } = walkDirectory(world, 'lod/c');
  expect(unreadable).toBeUndefined();
  const told = entries.map(({ name, kind, addressable }) => `${name} ${kind} ${addressable}`);
  expect(told.toSorted()).toEqual([
    'a.json file true',
    'etc symlink true',
    'folder directory true',
    'pipe other true',
    String.raw`ü\xff file false`,
  ]);
});

test('a directory that is not there has no entries; one that is a symlink or cannot be read says why', () => {
  using world = openFilesWorld((fs) => ({
    readDirectory: (path) => {
      if (path.endsWith('denied')) throw Object.assign(new Error('EACCES: denied'), { code: 'EACCES' });
      return fs.readDirectory(path);
    },
  }));
  mkdirSync(world.at('denied'));
  symlinkSync('/etc', world.at('link'));
  expect(walkDirectory(world, 'none')).toEqual({ path: 'none', entries: [] });
  expect(walkDirectory(world, 'denied')).toMatchObject({ entries: [], unreadable: 'EACCES: denied' });
  expect(walkDirectory(world, 'link').entries).toEqual([]);
  expect(walkDirectory({ ...world, rootDevice: -1n }, '')).toMatchObject({
    unreadable: expect.stringContaining('disk'),
  });
});

test('a name of UTF-8 is spelled as it is, and every other byte as what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(spellName(Buffer.from(text.toWellFormed()))).toBe(text.toWellFormed());
    }),
  );
  expect(spellName(Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0xe2, 0x82))).toBe(String.raw`a\xff\xc3b\xe2\x82`);
  // Overlong forms and surrogates are no UTF-8.
  expect(spellName(Uint8Array.of(0xc0, 0x80, 0xed, 0xa0, 0x80))).toBe(String.raw`\xc0\x80\xed\xa0\x80`);
});

/** Both ways to do bulk work answer alike. */
describe.each<[string, (world: FilesWorld) => BulkReader]>([
  ['in the calling thread', (world) => openBulkInThread(world)],
  ['in threads of its own', (world) => openBulkThreads(world)],
])('bulk work %s', (_name, open) => {
  test('walks a tree once, parents before their children, and follows no symlink', async () => {
    using world = openFilesWorld();
    for (let index = 0; index < 200; index++) world.save(`n${index % 5}/c${index % 20}/deep/${index}/a.json`);
    symlinkSync('..', world.at('n0/loop'));
    await using bulk = open(world);
    const seen: string[] = [];
    for await (const listings of bulk.walk('')) seen.push(...listings.map(({ path }) => path));
    expect(seen).toHaveLength(new Set(seen).size);
    expect(seen).toHaveLength(1 + 5 + 20 + 20 + 200);
    const at = new Map(seen.map((path, index) => [path, index]));
    for (const path of seen.filter((one) => one.includes('/')))
      expect(at.get(path.slice(0, path.lastIndexOf('/'))), path).toBeLessThan(at.get(path) ?? -1);
    const below: string[] = [];
    for await (const listings of bulk.walk('n1/c1')) below.push(...listings.map(({ path }) => path));
    expect(below.every((path) => path.startsWith('n1/c1'))).toBe(true);
  });

  test('answers each path in order: judged by its schema, hashed when it is large, absent or blocked', async () => {
    using world = openFilesWorld();
    world.save('lod/c/good.json', '{"v": 1}');
    world.save('lod/c/unfit.json', '{"v": "no"}');
    world.save('lod/c/broken.json', '{');
    const large = Buffer.alloc(17 * 1024 * 1024, 0x20);
    world.save('lod/files/large.bin', large);
    mkdirSync(world.at('lod/c/folder.json'));
    const text = JSON.stringify({ properties: { v: { type: 'integer' } } });
    const schemas = new Map([['lod/c', { text, digest: digestOf(Buffer.from(text)) }]]);
    await using bulk = open(world);
    const paths = ['good', 'unfit', 'broken', 'none', 'folder'].map((id) => `lod/c/${id}.json`);
    const examined = await bulk.examine([...paths, 'lod/files/large.bin'], schemas);
    expect(examined.map(({ path, look, verdict }) => `${path} ${look.kind} ${verdict?.kind}`)).toEqual([
      'lod/c/good.json file valid',
      'lod/c/unfit.json file invalid',
      'lod/c/broken.json file invalid',
      'lod/c/none.json absent undefined',
      'lod/c/folder.json blocked undefined',
      'lod/files/large.bin large valid',
    ]);
    expect(examined[0]?.digest).toBe(digestOf(Buffer.from('{"v": 1}')));
    expect(examined[5]?.digest).toBe(digestOf(large));
    expect(await bulk.hash('lod/files/large.bin')).toMatchObject({ kind: 'large', digest: digestOf(large) });
    const patch = { op: 'merge-patch', body: Buffer.from('{"v": 2}') } as const;
    const edited = editedOf(await bulk.edit('lod/c/x.json', patch, Buffer.from('{ "v": 1, "w": "is" }'), schemas));
    const bytes = Buffer.from('{ "v": 2, "w": "is" }');
    expect(edited).toEqual({ bytes: new Uint8Array(bytes), digest: digestOf(bytes), searchText: 'is', warnings: [] });
    const unfit = await bulk.edit('lod/c/x.json', { op: 'put', body: Buffer.from('{"v": "no"}') }, null, schemas);
    expect(unfit).toMatchObject({ refusal: { code: 'schema_refused', errors: [{ pointer: '/v' }] } });
    const merge = (text: string) =>
      bulk.merge('lod/c/x.json', patch, Buffer.from('{ "v": 1 }'), Buffer.from(text), schemas);
    expect(Buffer.from(editedOf((await merge('{ "v": 1, "w": 3 }')) as EditOutcome).bytes).toString()).toBe(
      '{ "v": 2, "w": 3 }',
    );
    const sides = { base: '1', yours: '2', theirs: '3' };
    expect(await merge('{ "v": 3 }')).toEqual({ kind: 'conflict', count: 1, told: [{ pointer: '/v', sides }] });
  });

  test('tells the digests of a tree, and of what has none why', async () => {
    using world = openFilesWorld();
    world.save('lod/c/a-plain-name.json', '{"v": 1}');
    world.save('lod/c/deep/b.jsonl', '{}\n');
    world.save('lod/c/bad:name.json', '{}');
    world.save('lod/c/notes.txt', 'ignored');
    world.save('lod/c/.hidden.json', '{}');
    world.save('outside-collections.json', '{}');
    mkdirSync(world.at('lod/c/folder.json'));
    symlinkSync('a-plain-name.json', world.at('lod/c/link.json'));
    world.save('lod/files/large.bin', Buffer.alloc(17 * 1024 * 1024));
    await using bulk = open(world);
    const found = new Map<string, string | null>();
    const large: string[] = [];
    for await (const directories of bulk.hashed(''))
      for (const directory of directories) {
        large.push(...directory.large);
        for (const { path, digest, why } of filesIn(directory)) found.set(path, why ?? digest);
      }
    const digest = (text: string): string => digestOf(Buffer.from(text));
    expect(Object.fromEntries(found)).toEqual({
      'lod/c/a-plain-name.json': digest('{"v": 1}'),
      'lod/c/deep/b.jsonl': digest('{}\n'),
      'lod/c/bad:name.json': 'its name is not allowed',
      'outside-collections.json': 'its name is not allowed',
      'lod/c/folder.json': expect.stringContaining('director'),
      'lod/c/link.json': expect.stringContaining('symlink'),
    });
    expect(large).toEqual(['lod/files/large.bin']);
  });

  test('more bytes than one batch holds are answered all the same', async () => {
    using world = openFilesWorld();
    const body = JSON.stringify({ text: 'x'.repeat(3 * 1024 * 1024) });
    const paths = Array.from({ length: 12 }, (_, index) => `lod/c/d${index}.json`);
    for (const path of paths) world.save(path, body);
    await using bulk = open(world);
    const examined = await bulk.examine(paths, new Map());
    expect(examined.map(({ path }) => path)).toEqual(paths);
    expect(new Set(examined.map(({ digest }) => digest))).toEqual(new Set([digestOf(Buffer.from(body))]));
  });
});
