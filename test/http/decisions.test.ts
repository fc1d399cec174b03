import { readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Problem } from '../../src/core/problems.ts';
import { openWorld, type World } from './world.ts';

interface Body {
  readonly code?: string;
  readonly errors?: readonly object[];
}

const problemsOf = async (world: World): Promise<readonly Problem[]> =>
  ((await world.get('/v1/_problems')).json as { items: readonly Problem[] }).items;

const decide = (
  world: World,
  id: string,
  decision: string,
  headers: Record<string, string> = {},
  body: string | object = '',
) =>
  world.ask('POST', `/v1/_problems/${id}/_${decision}`, {
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });

async function openHeld(): Promise<{ world: World; id: string }> {
  const files = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`lod/things/d${index}.json`, { v: index }]),
  );
  const world = await openWorld({ files });
  rmSync(join(world.root, 'lod/things'), { recursive: true });
  await expect
    .poll(async () => (await problemsOf(world)).map(({ code }) => code), { timeout: 30_000 })
    .toEqual(['held']);
  const [problem] = await problemsOf(world);
  return { world, id: problem?.id ?? '' };
}

test.each([[{ take: 'original' }], [{ copy: 'lod/things/x.json' }]])(
  'a hold has no sides to choose from: %j is refused, and nothing is deleted',
  async (choice) => {
    const { world, id } = await openHeld();
    await using _ = world;
    const refused = await decide(world, id, 'confirm', {}, choice);
    expect([refused.status, (refused.json as Body).code]).toEqual([400, 'bad_request']);
    expect((await problemsOf(world)).map(({ code }) => code)).toEqual(['held']);
  },
);

test('a hold is previewed, dismissed and gone, and the feed tells of it', async () => {
  const { world, id } = await openHeld();
  await using _ = world;
  const preview = await decide(world, id, 'confirm', { Prefer: 'tx=rollback' });
  expect(preview.status).toBe(200);
  expect(preview.headers['preference-applied']).toBe('tx=rollback');
  expect(preview.json).toEqual({
    problem: id,
    decision: 'confirmed',
    changed: 12,
    left: 0,
    change_sets: [],
    preview: true,
  });
  const done = await decide(world, id, 'dismiss', { 'Larder-Session': 's-1' });
  expect(done.json).toMatchObject({ decision: 'dismissed', changed: 12, left: 0, session: 's-1' });
  expect((await world.get('/v1/lod/things/d3')).headers['larder-problem']).toBeUndefined();
  const again = await decide(world, id, 'dismiss');
  expect(again.status).toBe(404);
  expect((again.json as Body).code).toBe('not_found');
});

test.each([
  ['an unknown problem', '0123456789abcdef', '', 404, 'not_found'],
  ['an unknown member', '0123456789abcdef', { takes: 'copy' }, 400, 'bad_request'],
  ['an unknown side', '0123456789abcdef', { take: 'mine' }, 400, 'bad_request'],
  ['no JSON', '0123456789abcdef', '{', 400, 'bad_json'],
] as const)('%s is refused', async (_, id, body, status, code) => {
  await using world = await openWorld();
  for (const decision of ['confirm', 'dismiss']) {
    const refused = await decide(world, id, decision, {}, body);
    expect(refused.status).toBe(status);
    expect((refused.json as Body).code).toBe(code);
  }
});

test('what is not to be decided is refused with what to do instead', async () => {
  await using world = await openWorld({ files: { 'lod/things/CON.json': {} } });
  const [problem] = await problemsOf(world);
  const refused = await decide(world, problem?.id ?? '', 'confirm');
  expect(refused.status).toBe(409);
  expect(refused.json).toMatchObject({ code: 'conflict', problem: { id: problem?.id, code: 'name' } });
});

test('a broken schema is written back as it was in force, to the byte, and its earlier versions can be read', async () => {
  const good = '{"type":   "object"}\n';
  await using world = await openWorld({ files: { 'lod/things/_schema.json': good, 'lod/things/a.json': { v: 1 } } });
  const inForceAt = world.larder.seq;
  world.save('lod/things/_schema.json', '{"type": ');
  await expect
    .poll(async () => (await world.larder.rescan(), (await problemsOf(world)).map(({ state }) => state)), {
      timeout: 30_000,
    })
    .toEqual(['invalid']);
  const [problem] = await problemsOf(world);
  const done = await decide(world, problem?.id ?? '', 'dismiss');
  expect(done).toMatchObject({ status: 200, json: { decision: 'dismissed', changed: 1, left: 0 } });
  expect(readFileSync(join(world.root, 'lod/things/_schema.json'), 'utf8')).toBe(good);
  expect(await problemsOf(world)).toEqual([]);
  unlinkSync(join(world.root, 'lod/things/_schema.json'));
  const schema = '/v1/lod/things/_schema';
  await expect
    .poll(async () => (await world.larder.rescan(), (await world.get(schema)).status), { timeout: 30_000 })
    .toBe(404);
  const past = await world.get(`${schema}?_at=${inForceAt}`, { accept: 'application/schema+json' });
  expect(past).toMatchObject({ status: 200, text: good, headers: { 'larder-at': String(inForceAt) } });
  expect((await world.get(`${schema}?_at=${world.larder.seq}`)).status).toBe(404);
  expect((await world.get(`${schema}?_at=${world.larder.seq + 1}`)).status).toBe(400);
});

test('an item of _problems is whole, and pages through one collection', async () => {
  await using world = await openWorld({
    files: { 'lod/things/a.json': '{\n  "v": 1,,\n}', 'lod/things/CON.json': {}, 'lod/other/PRN.json': {} },
  });
  await expect
    .poll(async () => (await problemsOf(world)).map(({ code }) => code), { timeout: 30_000 })
    .toEqual(['name', 'name', 'invalid']);
  const item = (await problemsOf(world)).find(({ code }) => code === 'invalid');
  expect(item).toMatchObject({
    path: 'lod/things/a.json',
    collection: 'lod/things',
    document: 'a',
    state: 'invalid',
    errors: [{ line: 2, column: expect.any(Number) as number, code: expect.any(String) as string }],
    hint: expect.any(String) as string,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    serving: null,
  });
  expect(Date.parse(item?.since ?? '')).toBeGreaterThan(0);
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const from: string = next === '' ? '' : `&_cursor=${encodeURIComponent(next)}`;
    const page = (await world.get(`/v1/lod/things/_problems?_limit=1${from}`)).json as {
      items: Problem[];
      next: string | null;
    };
    seen.push(...page.items.map(({ path }) => path));
    next = page.next;
  }
  expect(seen).toEqual(['lod/things/CON.json', 'lod/things/a.json']);
});
