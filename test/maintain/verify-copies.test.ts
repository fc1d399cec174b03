import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readPresent } from '../../src/maintain/verify/present-root.ts';
import { openTestLarder } from '../reconciler/world.ts';
import { copyOf, verifyClosed } from './verify-world.ts';

const COPY = 'lod/things/a.sync-conflict-20260102-131415-ABCDEF2.json';

test('verifying a root that nobody serves knows a conflict copy that is recorded, and says what was saved into it since', async () => {
  await using world = await openTestLarder({ 'lod/things/a.json': '{"v": 1}', [COPY]: '{"v": 2}' });
  await world.larder[Symbol.asyncDispose]();
  expect(await verifyClosed(world.root)).toMatchObject({ said: [], ok: true });
  using copy = copyOf(world.root);
  expect(await verifyClosed(copy.root)).toMatchObject({ said: [], ok: true });
  using present = await readPresent(copy.root, null, () => {});
  expect(present.fold.get(COPY), 'it is no document of a comparison either').toBe(undefined);
  writeFileSync(copy.at(COPY), '{"v": 3}');
  const { said, findings } = await verifyClosed(copy.root);
  expect(said).toEqual([`pending file ${COPY}`]);
  expect(findings[0]?.detail).toContain('saved into');
  rmSync(copy.at(COPY));
  expect((await verifyClosed(copy.root)).said).toEqual([]);
});
