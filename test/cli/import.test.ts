import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCliWorld, run, startDaemon, type CliWorld, type Ran } from './world.ts';

const read = ({ root }: CliWorld, id: string): unknown =>
  JSON.parse(readFileSync(join(root, `lod/people/${id}.json`), 'utf8'));

const ids = ({ root }: CliWorld): string[] =>
  readdirSync(join(root, 'lod/people'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !name.startsWith('_'))
    .toSorted();

async function importText(world: CliWorld, name: string, text: string, ...flags: string[]): Promise<Ran> {
  const path = join(world.beside, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return world.run('import', name, 'lod/people', ...flags);
}

const PEOPLE = [
  { id: 'ada', name: 'Ada', born: 1815 },
  { id: 'grace', name: 'Grace', born: 1906 },
];

describe.each([['on the root itself'], ['through the daemon']])('%s', (way) => {
  const scenario = (name: string, body: (world: CliWorld) => Promise<void>): void => {
    test(name, async () => {
      using world = openCliWorld();
      if (way === 'on the root itself') return await body(world);
      await using daemon = await startDaemon(world.root);
      expect(daemon.port).toBeGreaterThan(0);
      await body(world);
    });
  };

  scenario('a JSON array is imported, and again without a change', async (world) => {
    const first = await importText(world, 'people.json', JSON.stringify(PEOPLE));
    expect(first).toMatchObject({
      code: 0,
      out: expect.stringContaining('2 created, 0 updated, 0 unchanged, 0 refused'),
    });
    expect(read(world, 'ada')).toEqual(PEOPLE[0]);
    const again = await importText(world, 'people.json', JSON.stringify(PEOPLE));
    expect(again.out).toContain('0 created, 0 updated, 2 unchanged');
  });

  scenario('an object of objects gives its keys as ids', async (world) => {
    await importText(world, 'people.json', '{"eu/ada": {"name": "Ada"}, "grace": {"name": "Grace"}}');
    expect(ids(world)).toEqual(['eu/ada.json', 'grace.json']);
  });

  scenario('NDJSON keeps numbers as they are spelled', async (world) => {
    await importText(world, 'people.ndjson', '{"id":"ada","n":1.50}\n{"id":"big","n":12345678901234567890}\n\n');
    expect(readFileSync(join(world.root, 'lod/people/big.json'), 'utf8')).toContain('12345678901234567890');
    expect(readFileSync(join(world.root, 'lod/people/ada.json'), 'utf8')).toContain('1.50');
  });

  scenario('CSV takes the id from the field that is named', async (world) => {
    const { code } = await importText(
      world,
      'people.csv',
      'Code;Name;Born\nada;"Ada; Countess";1815\n',
      '--id',
      'Code',
    );
    expect(code).toBe(0);
    expect(read(world, 'ada')).toMatchObject({ Code: 'ada', Name: 'Ada; Countess' });
  });

  scenario('a folder gives its paths as ids', async (world) => {
    for (const [path, text] of [
      ['in/eu/ada.json', '{"name": "Ada"}'],
      ['in/grace.json', '{"name": "Grace"}'],
      ['in/notes.txt', 'no document'],
    ] as const) {
      mkdirSync(dirname(join(world.beside, path)), { recursive: true });
      writeFileSync(join(world.beside, path), text);
    }
    const { code, out } = await world.run('import', 'in', 'lod/people');
    expect(code).toBe(0);
    expect(out).toContain('1 other files left out');
    expect(ids(world)).toEqual(['eu/ada.json', 'grace.json']);
  });

  scenario(
    'what is refused is summed up with its place, the rest is written, and the exit code is 3',
    async (world) => {
      world.save('lod/people/_schema.json', { type: 'object', properties: { born: { type: 'integer' } } });
      if (way === 'through the daemon') await expect.poll(() => schemaIsInForce(world), { timeout: 20_000 }).toBe(true);
      const text = [
        '{"id": "ada", "born": 1815}',
        '{"id": "bad", "born": "long ago"}',
        '{"id": "broken", ',
        '{"id": "../up"}',
        '[1]',
        '{"id": "grace", "born": 1906}',
      ].join('\n');
      const { code, out } = await importText(world, 'people.ndjson', text);
      expect(code).toBe(3);
      expect(out).toContain('2 created, 0 updated, 0 unchanged, 4 refused');
      expect(out).toMatch(/^ {2}people\.ndjson:2: bad: \/born .*integer/m);
      expect(out).toMatch(/^ {2}people\.ndjson:3:\d+: /m);
      expect(out).toMatch(/^ {2}people\.ndjson:4: \.\.\/up: /m);
      expect(out).toMatch(/^ {2}people\.ndjson:5(:\d+)?: /m);
      expect(ids(world)).toEqual(['ada.json', 'grace.json']);
      const json = JSON.parse((await importText(world, 'people.ndjson', text, '--json')).out) as object;
      expect(json).toMatchObject({ collection: 'lod/people', read: 6, unchanged: 2, refused: 4 });
    },
  );

  scenario('many refusals are counted, and the first are shown', async (world) => {
    const text = Array.from({ length: 1000 }, (_, index) => `{"n": ${index}`).join('\n');
    const { code, out } = await importText(world, 'people.ndjson', text);
    expect(code).toBe(3);
    expect(out).toContain('1,000 refused');
    expect(out).toContain('… and 980 more');
  });

  scenario('_id names a document and stays out of it', async (world) => {
    await importText(world, 'people.json', '[{"_id": "ada", "name": "Ada"}]');
    expect(read(world, 'ada')).toEqual({ name: 'Ada' });
  });
});

const schemaIsInForce = async (world: CliWorld): Promise<boolean> =>
  (await world.run('types')).out.includes('born?: number');

test('a file that is not there is exit 5, one of no known kind exit 2', async () => {
  using world = openCliWorld();
  expect(await world.run('import', 'nowhere.json', 'lod/people')).toMatchObject({ code: 5 });
  expect(await importText(world, 'people.dat', 'hello')).toMatchObject({
    code: 2,
    err: expect.stringContaining('say --format json, ndjson or csv'),
  });
});

test('a person sees progress with rate and time left, a program does not', async () => {
  using world = openCliWorld();
  const lines = Array.from({ length: 1200 }, (_, index) => `{"id":"d${index}","text":"${'x'.repeat(200)}"}`);
  writeFileSync(join(world.beside, 'many.ndjson'), lines.join('\n'));
  const args = ['import', 'many.ndjson', 'lod/people', '--root', world.root];
  const seen = await run(args, { workingDirectory: world.beside, isTerminal: true });
  expect(seen.code).toBe(0);
  expect(seen.err).toMatch(/\d[\d,]* records, \d+ %, [\d,]+\/s, \d+ s left/);
  expect(await run(args, { workingDirectory: world.beside })).toMatchObject({ code: 0, err: '' });
});

test('an import that is interrupted says so; what was written stays', async () => {
  using world = openCliWorld();
  const interrupt = new AbortController();
  const lines = Array.from({ length: 20_000 }, (_, index) => `{"id":"d${index}"}`);
  writeFileSync(join(world.beside, 'many.ndjson'), lines.join('\n'));
  const running = run(['import', 'many.ndjson', 'lod/people', '--root', world.root], {
    workingDirectory: world.beside,
    signal: interrupt.signal,
  });
  await expect.poll(() => existing(world), { timeout: 20_000, interval: 5 }).toBeGreaterThan(0);
  interrupt.abort();
  expect(await running).toMatchObject({ code: 130, err: 'larder: interrupted\n' });
  expect(existing(world)).toBeGreaterThan(0);
  expect(existing(world)).toBeLessThan(20_000);
});

function existing({ root }: CliWorld): number {
  try {
    return readdirSync(join(root, 'lod/people')).length;
  } catch {
    return 0;
  }
}
