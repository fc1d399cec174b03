/** The library as a program uses it: by its entry alone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { LarderError, openLarder, type Larder } from '../../src/index.ts';

const me = { actor: 'test', cause: 'api' } as const;
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

interface Place extends Disposable {
  readonly root: string;
}

function place(files: Readonly<Record<string, unknown>> = {}): Place {
  const root = mkdtempSync(join(tmpdir(), 'larder-library-'));
  for (const [path, value] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(value));
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

async function opened(options: Parameters<typeof openLarder>[0]): Promise<Larder> {
  const larder = await openLarder(options);
  await larder.ready;
  return larder;
}

test('a program opens a root, writes, reads and lists; await using closes it', async () => {
  using here = place();
  {
    await using larder = await opened({ root: here.root });
    const ref = { collection: 'lod/people', id: 'ada' };
    const written = await larder.write(
      { ref, change: { op: 'put', body: json({ name: 'Ada' }) }, preconditions: {} },
      me,
    );
    expect(written.outcome).toBe('created');
    expect(JSON.parse(readFileSync(join(here.root, 'lod/people/ada.json'), 'utf8'))).toEqual({ name: 'Ada' });
    expect(await larder.read(ref)).toMatchObject({ kind: 'served', etag: written.etag, seq: written.seq });
    expect(larder.list('lod/people', { limit: 10, cursor: null, prefix: '' })?.items).toHaveLength(1);
  }
  // Closed means free: the next one opens it at once, with its history.
  await using again = await opened({ root: here.root });
  expect(again.seq).toBe(1);
});

test('two at once on one root are refused, and told who has it', async () => {
  using here = place();
  await using first = await opened({ root: here.root });
  expect(first.root).toBe(here.root);
  await expect(openLarder({ root: here.root })).rejects.toThrow(
    expect.objectContaining({ code: 'root_locked', message: expect.stringContaining(String(process.pid)) }),
  );
});

const customer = z.strictObject({ name: z.string(), credit: z.number().min(0).default(0) });

test('a zod schema judges what is written, what lies on disk, and what is edited by hand', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`lod/customers/c${index}.json`, { name: index === 7 ? 7 : 'x' }]),
  );
  using here = place(files);
  await using larder = await opened({ root: here.root, schemas: { 'lod/customers': customer } });
  const problems = (): string[] =>
    larder.problems({ collection: null, limit: 10, cursor: null }).items.map(({ document = '' }) => document);
  await expect.poll(problems, { timeout: 20_000 }).toEqual(['c7']);
  const put = (id: string, value: unknown): Promise<unknown> =>
    larder.write(
      { ref: { collection: 'lod/customers', id }, change: { op: 'put', body: json(value) }, preconditions: {} },
      me,
    );
  await expect(put('new', { name: 'Ada', extra: 1 })).rejects.toThrow(LarderError);
  await put('new', { name: 'Ada' });
  // What a validator returns is never written: no default has been filled in.
  expect(readFileSync(join(here.root, 'lod/customers/new.json'), 'utf8')).not.toContain('credit');
  writeFileSync(join(here.root, 'lod/customers/new.json'), JSON.stringify({ name: 'Ada', credit: -1 }));
  expect(await larder.read({ collection: 'lod/customers', id: 'new' })).toMatchObject({
    kind: 'served',
    mark: { code: 'pending' },
  });
  expect(larder.schemas()).toMatchObject([{ collection: 'lod/customers', json: { required: ['name'] } }]);
});

test('what cannot be opened says why, by a code', async () => {
  using here = place({ 'a-file': {} });
  const code = (root: string, refuseEmpty = false): Promise<unknown> =>
    openLarder({ root, refuseEmpty }).then(
      () => 'opened',
      (error: unknown) => (error instanceof LarderError ? error.code : error),
    );
  expect(await code(join(here.root, 'nowhere'))).toBe('root_missing');
  expect(await code(join(here.root, 'a-file'))).toBe('root_missing');
  mkdirSync(join(here.root, 'empty'));
  expect(await code(join(here.root, 'empty'), true)).toBe('root_empty');
});
