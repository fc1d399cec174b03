import { v7 as uuidv7 } from 'uuid';
import type { Cause, Origin } from '../core/events.ts';
import type { World } from './world.ts';

/** Where a change set made by a look comes from. */
export const originOf = (world: Pick<World, 'clock' | 'random'>, cause: Cause, actor: string = cause): Origin => ({
  atMs: world.clock.nowMs(),
  actor,
  cause,
  changeSet: uuidv7({ msecs: world.clock.nowMs(), random: world.random(16) }),
});
