/** A schema whose bytes changed although nothing wrote its file: the one in force stays so. */
import type { Seen } from '../catalog/types.ts';
import { ROT_FAULT } from '../core/decision.ts';
import type { Observation } from './observe.ts';
import { originOf } from './origin.ts';
import { recordVerdict } from './verdicts.ts';
import type { World } from './world.ts';

export async function reportRot(world: World, { path, head }: Observation): Promise<void> {
  if (head?.problems.includes('rotten')) return;
  const verdict = { op: 'problem', code: 'rotten', faults: [ROT_FAULT] } as const;
  await recordVerdict(world, path, verdict, originOf(world, 'hand'));
}

/** Its bytes are the recorded ones, perhaps again. */
export async function isAsRecorded(world: World, { path, head }: Observation, seen: Seen): Promise<void> {
  world.pendings.delete(path);
  if (head?.problems.includes('rotten'))
    await recordVerdict(world, path, { op: 'resolved', code: 'rotten' }, originOf(world, 'hand'));
  world.catalog.noteSeen([{ path, seen }]);
}
