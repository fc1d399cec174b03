import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestLarder, type TestLarder } from '../reconciler/world.ts';
import {
  copyOf,
  flipBitAt,
  segmentsOf,
  tamper,
  traceOf,
  verifyClosed,
  verifyOpen,
  whileChanged,
} from './verify-world.ts';

const FILES = {
  'lod/things/a.json': '{"name": "Ada", "text": "analytical engine"}',
  'lod/things/b.json': '{"name": "Grace"}',
  'lod/things/marked.json': '\uFEFF{"name": "Bea"}',
  'lod/things/_schema.json': '{"type": "object", "properties": {"v": {"type": "number"}}}',
  'lod/things/broken.json': '{"name": ',
  'lod/things/log.jsonl': '{"n": 1}\n',
  'lod/files/picture.bin': 'bytes',
} as const;

/** A root with a history: documents, an update, a deletion, a move, problems of each kind. */
async function livedRoot(): Promise<TestLarder> {
  const world = await openTestLarder(FILES);
  const { larder } = world;
  const put = (id: string, text: string): Promise<unknown> =>
    larder.write(
      { ref: { collection: 'lod/things', id }, change: { op: 'put', body: Buffer.from(text) } },
      { actor: 'test', cause: 'api' },
    );
  await put('c', '{"v": 1}');
  await put('c', '{"v": 2, "note": "second version"}');
  await put('gone', '{"v": 3}');
  await larder.write(
    { ref: { collection: 'lod/things', id: 'gone' }, change: { op: 'delete' } },
    { actor: 'test', cause: 'api' },
  );
  renameSync(world.at('lod/things/b.json'), world.at('lod/things/moved.json'));
  symlinkSync('a.json', world.at('lod/things/link.json'));
  world.save('lod/things/bad:name.json', '{}');
  // Of two names that differ only in case the second is a problem, and has no head.
  world.save('lod/things/A.json', '{}');
  await larder.rescan();
  // A broken document is one, and a file below files/ is recorded, once they are quiet.
  const isSettled = (): boolean =>
    larder.problems({ collection: null, limit: 50, cursor: null }).items.filter(({ state }) => state !== 'pending')
      .length === 5 &&
    (larder.collections('lod') ?? []).some(({ name, count }) => name.endsWith('files') && count === 1);
  while (!isSettled()) await new Promise((resolve) => void setTimeout(resolve, 50));
  return world;
}

let lived: TestLarder;
let live: TestLarder;

beforeAll(async () => {
  [lived, live] = await Promise.all([livedRoot(), livedRoot()]);
  await lived.larder[Symbol.asyncDispose]();
});

afterAll(async () => {
  await lived[Symbol.asyncDispose]();
  await live[Symbol.asyncDispose]();
});

const catalog = (): string => join(lived.root, '.larder/derived/catalog.sqlite');
const segment = (): string => segmentsOf(lived.root)[0] ?? '';

describe('an open root', () => {
  test('with a history of every kind has no differences', async () => {
    const world = live;
    const verified = await verifyOpen(world.larder);
    expect(verified.said).toEqual([]);
    expect(verified).toMatchObject({ ok: true, catalog: true, seq: world.larder.seq });
  });

  test('records what was edited by hand instead of calling it a difference', async () => {
    const world = live;
    world.save('lod/things/a.json', '{"name": "Ada Lovelace"}');
    const before = world.larder.seq;
    expect((await verifyOpen(world.larder)).said).toEqual([]);
    expect(world.larder.seq).toBe(before + 1);
  });

  test('is verified by one at a time', async () => {
    const world = live;
    const first = verifyOpen(world.larder);
    await expect(verifyOpen(world.larder)).rejects.toMatchObject({ code: 'busy' });
    await first;
  });

  test('names a row of the catalog that is not what the log says', async () => {
    const world = live;
    tamper(world.root, "UPDATE paths SET disk_digest = zeroblob(32) WHERE name = 'moved.json'");
    const { said, ok } = await verifyOpen(world.larder);
    expect(ok).toBe(false);
    expect(said).toContain('difference catalog lod/things/moved.json');
  });

  test('whose derived data somebody removed says what to do, and serves on', async () => {
    rmSync(live.at('.larder/derived'), { recursive: true });
    await expect(verifyOpen(live.larder)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('catalog.sqlite was removed while Larder was running'),
    });
    expect(await live.text('a')).toBe('{"name": "Ada Lovelace"}');
  });
});

describe('a closed root', () => {
  test('is proven without a change of its files, and by its catalog', async () => {
    const trace = (): string[] => traceOf(lived.root).filter((line) => !line.includes('/derived'));
    const before = trace();
    expect(await verifyClosed(lived.root)).toMatchObject({ said: [], ok: true, catalog: true });
    expect(trace()).toEqual(before);
  });

  test.each([
    ['a text that lists would answer', 'text', `UPDATE documents SET text = '{"name": "Eve"}' WHERE text LIKE '%Ada%'`],
    [
      'words that search lost',
      'text',
      `DELETE FROM full_text WHERE rowid = (SELECT id FROM paths WHERE name = 'a.json')`,
    ],
    ['a path that is missing', 'catalog', `DELETE FROM paths WHERE name = 'a.json'`],
    ['an event with another digest', 'catalog', 'UPDATE events SET digest = zeroblob(32) WHERE seq = 1'],
    ['an event whose bytes lie elsewhere', 'catalog', 'UPDATE events SET position = position + 1 WHERE seq = 2'],
    ['an event of another size', 'catalog', 'UPDATE events SET size = size + 1 WHERE seq = 2'],
    ['an event that is gone', 'catalog', 'DELETE FROM events WHERE seq = 2'],
    ['words of no document', 'text', `INSERT INTO full_text (rowid, words) VALUES (99999, 'stray')`],
    [
      'an event that never was',
      'catalog',
      'INSERT INTO events SELECT 99, first, op, kind, path, source, digest, size, before, modified, encoding, segment, position, length, base, part, in_force, verdict FROM events WHERE seq = 1; UPDATE state SET reached = 99',
    ],
    ['a problem that is not listed', 'problem', `DELETE FROM problems WHERE path LIKE '%broken%'`],
  ])('names %s', async (_what, code, sql) => {
    await whileChanged(catalog(), async () => {
      tamper(lived.root, sql);
      const { findings, ok } = await verifyClosed(lived.root);
      expect(ok).toBe(false);
      expect(findings.map((finding) => `${finding.kind} ${finding.code}`)).toContain(`difference ${code}`);
    });
  });
});

test('names all events that the log does not have, one behind the other, once', async () => {
  await whileChanged(catalog(), async () => {
    tamper(
      lived.root,
      `WITH RECURSIVE more(seq) AS (SELECT 100 UNION ALL SELECT seq + 1 FROM more WHERE seq < 1299)
       INSERT INTO events SELECT more.seq, first, op, kind, path, source, digest, size, before, modified, encoding, segment, position,
         length, base, part, in_force, verdict FROM more, events WHERE events.seq = 1;
       UPDATE state SET reached = 1299`,
    );
    const { findings } = await verifyClosed(lived.root);
    expect(findings.filter(({ found }) => found?.startsWith('events '))).toEqual([
      expect.objectContaining({
        code: 'catalog',
        found: 'events 100 to 1299',
        detail: 'the catalog holds 1200 events that the log does not have',
      }),
    ]);
  });
});

describe('a damaged log', () => {
  test('names the version whose stored bytes are others, and reads on', async () => {
    await whileChanged(segment(), async () => {
      flipBitAt(segment(), 'analytical engine');
      const { said, versions } = await verifyClosed(lived.root);
      expect(said).toEqual(['difference body lod/things/a.json']);
      expect(versions).toBeGreaterThan(8);
    });
  });

  test('with a flipped bit in a head names segment and place, and verifies what follows', async () => {
    await whileChanged(segment(), async () => {
      flipBitAt(segment(), 'lod/things/gone.json');
      const { findings } = await verifyClosed(lived.root);
      const log = findings.filter(({ code }) => code === 'log');
      expect(log).toEqual([expect.objectContaining({ kind: 'difference', path: segment() })]);
      expect(log[0]?.detail).toMatch(/bytes \d+ to \d+/);
    });
  });

  test('whose tail a crash tore is pending', async () => {
    await whileChanged(segment(), async () => {
      const { size } = statSync(segment());
      appendFileSync(segment(), Buffer.from('LFR1 and then the power went'));
      const { findings, ok } = await verifyClosed(lived.root);
      expect(ok).toBe(true);
      expect(findings).toEqual([expect.objectContaining({ kind: 'pending', code: 'log' })]);
      expect(findings[0]?.detail).toContain(`byte ${size}`);
    });
  });
});

describe('a copy', () => {
  test('is proven without changing anything in it, its log id included', async () => {
    using copy = copyOf(lived.root);
    const before = traceOf(copy.root);
    expect(await verifyClosed(copy.root)).toMatchObject({ said: [], ok: true, catalog: false });
    expect(traceOf(copy.root)).toEqual(before);
  });

  test('with later edits by hand has them pending', async () => {
    using copy = copyOf(lived.root);
    writeFileSync(copy.at('lod/things/a.json'), '{"name": "Ada, edited"}');
    unlinkSync(copy.at('lod/things/moved.json'));
    mkdirSync(copy.at('lod/more'));
    writeFileSync(copy.at('lod/more/new.json'), '{}');
    const { said, ok } = await verifyClosed(copy.root);
    expect(said).toEqual([
      'pending file lod/more/new.json',
      'pending file lod/things/a.json',
      'pending file lod/things/moved.json',
    ]);
    expect(ok).toBe(true);
  });

  test('with bytes that changed though size and time did not is not sound', async () => {
    using copy = copyOf(lived.root);
    const file = copy.at('lod/things/moved.json');
    flipBitAt(file, 'Grace');
    execFileSync('touch', ['-r', join(lived.root, 'lod/things/moved.json'), file]);
    expect((await verifyClosed(copy.root)).said).toEqual(['difference rotten lod/things/moved.json']);
  });

  test('made while somebody wrote may hold newer bytes than those whose time it noted: pending until the next copy', async () => {
    await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}\n', 'lod/things/b.json': '{"v": 1}\n' });
    using copy = copyOf(world.root);
    writeFileSync(copy.at('lod/things/a.json'), '{"v": 2}\n');
    execFileSync('touch', ['-r', world.at('lod/things/a.json'), copy.at('lod/things/a.json')]);
    const { said, ok, findings } = await verifyClosed(copy.root);
    expect(said).toEqual(['pending file lod/things/a.json']);
    expect(ok).toBe(true);
    expect(findings[0]?.detail).toContain('while it was copied');
  });

  test('whose file is gone and whose version is damaged cannot be recovered', async () => {
    using copy = copyOf(lived.root);
    flipBitAt(segmentsOf(copy.root)[0] ?? '', 'analytical engine');
    unlinkSync(copy.at('lod/things/a.json'));
    expect((await verifyClosed(copy.root)).said).toEqual([
      'difference body lod/things/a.json',
      'difference file lod/things/a.json',
    ]);
  });

  test('with a blob that is missing takes it from the file that has its bytes', async () => {
    const large = `{"text": "${'x'.repeat(1_200_000)}"}`;
    await using world = await openTestLarder({ 'lod/things/large.json': large });
    await world.larder[Symbol.asyncDispose]();
    using copy = copyOf(world.root);
    const blobs = traceOf(copy.at('.larder/blobs')).map((line) => line.split(' ')[0] ?? '');
    const blob = blobs.find((path) => /[0-9a-f]{64}$/.test(path)) ?? '';
    unlinkSync(blob);
    expect(await verifyClosed(copy.root)).toMatchObject({ ok: true, pending: 1 });
    truncateSync(copy.at('lod/things/large.json'), 3);
    expect((await verifyClosed(copy.root)).ok).toBe(false);
  });
});

test('a log that somebody moved away meanwhile is named, and is no fault of ours', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{}' });
  renameSync(world.at('.larder/log'), world.at('.larder/away'));
  const verifying = world.larder.maintenance.verify({ finding: () => {}, progress: () => {} });
  await expect(verifying).rejects.toMatchObject({
    code: 'disk_failed',
    message: expect.stringMatching(/^a verification ended: ENOENT: .*\.larder\/log/),
  });
  renameSync(world.at('.larder/away'), world.at('.larder/log'));
  expect((await verifyOpen(world.larder)).said).toEqual([]);
});
