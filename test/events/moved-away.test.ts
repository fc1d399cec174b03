/** A log that is moved, or replaced, while it is in use: nothing is answered that no start would find. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytes, me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';

const put = (world: TestLarder, v: number): Promise<unknown> =>
  world.larder.write({ ref: ref('a'), change: { op: 'put', body: bytes({ v }) } }, me);

const REFUSED = expect.objectContaining({
  code: 'log_unwritable',
  message: expect.stringContaining('not the file that was opened'),
});

test.each([
  ['moved away', (log: string) => renameSync(log, `${log}-away`)],
  [
    'replaced by a copy of it',
    (log: string) => {
      renameSync(log, `${log}-away`);
      cpSync(`${log}-copy`, log, { recursive: true, preserveTimestamps: true });
    },
  ],
])('a log that was %s takes no write until it is back', async (_, disturb) => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const log = join(world.root, '.larder/log');
  await put(world, 2);
  cpSync(log, `${log}-copy`, { recursive: true, preserveTimestamps: true });
  disturb(log);
  await expect(put(world, 3)).rejects.toEqual(REFUSED);
  await expect(put(world, 4)).rejects.toEqual(REFUSED);
  expect(readFileSync(join(world.root, 'lod/things/a.json'), 'utf8')).toBe('{"v": 2}');
  if (existsSync(log)) rmSync(log, { recursive: true });
  renameSync(`${log}-away`, log);
  await expect.poll(() => put(world, 5).catch(() => null), { timeout: 20_000 }).toMatchObject({ outcome: 'updated' });
  const history = world.larder.history(ref('a'), { before: null, limit: 10 })?.items;
  expect(history?.map(({ op }) => op)).toEqual(['update', 'update', 'create']);
});

test('a log over which an older one was copied takes no write: what would be appended lies behind a gap', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}' });
  const log = join(world.root, '.larder/log');
  const [segment = ''] = readdirSync(log).filter((name) => name.endsWith('.log'));
  const older = readFileSync(join(log, segment));
  for (const v of [2, 3, 4]) await put(world, v);
  const own = readFileSync(join(log, segment));
  writeFileSync(join(log, segment), older);
  await expect(put(world, 5)).rejects.toMatchObject({
    message: expect.stringContaining('does not end as it was left'),
  });
  writeFileSync(join(log, segment), own);
  await expect.poll(() => put(world, 6).catch(() => null), { timeout: 20_000 }).toMatchObject({ outcome: 'updated' });
});
