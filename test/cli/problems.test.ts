import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Problem } from '../../src/core/problems.ts';
import { openWorld, type World } from '../http/world.ts';
import { openCliWorld, run, type Ran } from './world.ts';

const COPY = 'lod/things/a.sync-conflict-20260102-131415-ABCDEF2.json';
const FILES = { 'lod/things/a.json': { a: 1, b: 1 }, [COPY]: { a: 1, b: 2 } };

const listed = async (ask: (...args: string[]) => Promise<Ran>): Promise<readonly Problem[]> =>
  (JSON.parse((await ask('problems', '--json')).out) as { items: readonly Problem[] }).items;

test('a conflict is listed with its id and decided without a daemon', async () => {
  using world = openCliWorld(FILES);
  const shown = await world.run('problems');
  expect(shown.code).toBe(4);
  const [problem] = await listed(world.run);
  expect(shown.out).toContain(`root/lod/things/a.json: ${COPY} is another version of this document, left by Syncthing`);
  expect(shown.out).toContain(`conflict ${problem?.id} since`);
  expect(shown.out).toContain('; it is served all the same. ');
  const id = problem?.id ?? '';
  expect(await world.run('problems', 'confirm', id)).toMatchObject({ code: 2 });
  expect(await world.run('problems', 'confirm', id, '--take', 'copy', '--dry-run')).toMatchObject({
    code: 0,
    out: 'would be confirmed: 1 document changed\n',
  });
  expect(existsSync(join(world.root, COPY))).toBe(true);
  expect(await world.run('problems', 'confirm', id, '--take', 'copy')).toMatchObject({
    code: 0,
    out: 'confirmed: 1 document changed\n',
  });
  expect(JSON.parse(readFileSync(join(world.root, 'lod/things/a.json'), 'utf8'))).toEqual({ a: 1, b: 2 });
  expect(existsSync(join(world.root, COPY))).toBe(false);
  expect(await world.run('problems', 'confirm', id, '--take', 'copy')).toMatchObject({ code: 5 });
  expect(await world.run('problems')).toMatchObject({ code: 0, out: 'no problems\n' });
});

test('of several copies each is named as it can be chosen, and the address of a copy says what it is', async () => {
  const second = "lod/things/a (Ada's conflicted copy 2026-01-02).json";
  using world = openCliWorld({ ...FILES, [second]: { a: 1, b: 3 } });
  const [problem] = await listed(world.run);
  const id = problem?.id ?? '';
  const refused = await world.run('problems', 'confirm', id, '--take', 'copy');
  expect(refused.code).toBe(6);
  expect(refused.err).toContain(`choose one  --copy '${COPY}'\n`);
  expect(refused.err).toContain(`choose one  --copy 'lod/things/a (Ada'\\''s conflicted copy 2026-01-02).json'\n`);
  const shown = await world.run('show', join(world.root, COPY));
  expect(shown.code).toBe(6);
  expect(shown.err).toContain(`${COPY} is not served: it is a conflict copy of lod/things/a.json`);
  expect(await world.run('problems', 'confirm', id, '--take', 'copy', '--copy', second)).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(join(world.root, 'lod/things/a.json'), 'utf8'))).toEqual({ a: 1, b: 3 });
});

const askDaemon =
  ({ port }: World) =>
  (...args: string[]): Promise<Ran> =>
    run([...args, '--port', String(port)]);

const codes = async (ask: ReturnType<typeof askDaemon>): Promise<string[]> =>
  (await listed(ask)).map(({ code }) => code);

test('a daemon sees a sync tool at work, and takes the decision', async () => {
  await using world = await openWorld({ files: { 'lod/things/a.json': { a: 1, b: 1 } } });
  const ask = askDaemon(world);
  renameSync(join(world.root, 'lod/things/a.json'), join(world.root, COPY));
  writeFileSync(join(world.root, 'lod/things/a.json'), '{"a": 9, "b": 1}\n');
  await expect.poll(() => codes(ask), { timeout: 30_000 }).toEqual(['conflict']);
  const copy = await world.get('/v1/lod/things/a.sync-conflict-20260102-131415-ABCDEF2');
  expect([copy.status, copy.json]).toMatchObject([
    409,
    {
      detail: `${COPY} is not served: it is a conflict copy of lod/things/a.json`,
      problem: { path: 'lod/things/a.json' },
    },
  ]);
  const [problem] = await listed(ask);
  const dismissed = await ask('problems', 'dismiss', problem?.id ?? '', '--json');
  expect(JSON.parse(dismissed.out)).toMatchObject({
    decision: 'dismissed',
    changed: 1,
    changeSets: [expect.any(String)],
  });
  expect(await codes(ask)).toEqual([]);
  const list = (await world.get('/v1/lod/things')).json as { items: readonly { _id: string }[] };
  expect(list.items.map(({ _id }) => _id)).toEqual(['a', 'a.sync-conflict-20260102-131415-ABCDEF2']);
});

test('a daemon holds what a rm in the wrong place took, and writes it back', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`lod/things/eu/d${index}.json`, { v: index }]),
  );
  await using world = await openWorld({ files });
  const ask = askDaemon(world);
  rmSync(join(world.root, 'lod'), { recursive: true });
  await expect.poll(() => codes(ask), { timeout: 30_000 }).toEqual(['held']);
  const shown = (await ask('problems')).out;
  expect(shown).toContain('what is held is served as it was');
  expect(shown).not.toContain('nothing is served');
  const held = await world.get('/v1/lod/things/eu/d7');
  const [problem] = await listed(ask);
  expect(held.headers['larder-problem']).toContain(`held; id=${problem?.id}`);
  expect((await world.put('/v1/lod/things/eu/d7', {})).status).toBe(409);
  expect(await ask('problems', 'dismiss', problem?.id ?? '')).toMatchObject({
    code: 0,
    out: 'dismissed: 40 documents changed\n',
  });
  expect(JSON.parse(readFileSync(join(world.root, 'lod/things/eu/d7.json'), 'utf8'))).toEqual({ v: 7 });
  expect(await codes(ask)).toEqual([]);
  expect(await ask('problems', 'dismiss', 'nothing-like-it')).toMatchObject({ code: 5 });
});

test('a name that would move the cursor, or end a line, is shown as JSON spells it', async () => {
  using world = openCliWorld({ 'lod/things/a\u001b[2J\nb.json': {} });
  const name = String.raw`lod/things/a\u001b[2J\u000ab.json`;
  expect((await world.run('problems')).out.split('\n')[0]).toContain(`root/${name}: the control character U+001B`);
  expect((await world.run('log', 'lod')).out).toContain(`problem  ${name}  hand`);
});
