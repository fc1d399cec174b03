/** A schema that is half written is pending; what takes its place ends that, whoever wrote it. */
import { expect, test } from 'vitest';
import type { Trial } from '../../src/host/deadline-compile.ts';
import { compileSafely } from '../../src/reconciler/compile-safely.ts';
import { openGuarded, type GuardedLarder } from './guarded-world.ts';
import { bytes, me } from './world.ts';

const PATH = 'lod/things/_schema.json';
const GOOD = '{"type": "object"}';

async function openHalfWritten(): Promise<GuardedLarder> {
  const world = await openGuarded({ 'lod/things/a.json': '{}', [PATH]: GOOD });
  world.save(PATH, '{"type": 5}');
  await world.larder.rescan();
  expect(codes(world)).toEqual(['pending']);
  return world;
}

const codes = (world: GuardedLarder): string[] => world.problems().map(({ code }) => code);

test('a schema that is saved as it was before is pending no more', async () => {
  await using world = await openHalfWritten();
  world.save(PATH, GOOD);
  await world.larder.rescan();
  expect(codes(world)).toEqual([]);
});

test('a schema that is put in the place of a half-written one is not pending', async () => {
  await using world = await openHalfWritten();
  await world.larder.putSchema('lod/things', bytes({ type: 'object', title: 'new' }), me, undefined);
  expect(codes(world)).not.toContain('pending');
  await world.pass(3000);
  expect(codes(world)).toEqual(['rescued']);
});

test('a schema that takes too long, and one on which the compiler fails, are told as what they are', async () => {
  const codeOf = async (trial: Trial): Promise<unknown> => {
    const compiled = await compileSafely({ tryCompile: async () => trial }, '{}');
    return compiled.kind === 'broken' && [compiled.code, compiled.faults[0]];
  };
  expect(await codeOf({ kind: 'late' })).toEqual([
    'schema-unreliable',
    { code: 'schema_too_slow', detail: 'the schema does not compile within 1000 ms' },
  ]);
  expect(await codeOf({ kind: 'failed', reason: 'RangeError: it is too much' })).toEqual([
    'schema-unreliable',
    { code: 'schema_compiler_failed', detail: 'the schema compiler failed on it: RangeError: it is too much' },
  ]);
});
