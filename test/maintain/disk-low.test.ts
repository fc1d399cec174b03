import { expect, test } from 'vitest';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openTestLarder } from '../reconciler/world.ts';

test('less than a tenth of free disk is a reason in readiness and one line of the log, until there is room again', async () => {
  let [freeBytes, offsetMs] = [50, 0];
  const fs = Object.assign(faultyFileSystem(nodeFileSystem, []), { space: () => ({ freeBytes, totalBytes: 100 }) });
  const clock: Clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + offsetMs };
  const said: string[] = [];
  const say = (_members: object, message: string): void => void said.push(message);
  const quiet = (): void => {};
  await using world = await openTestLarder(
    {},
    { host: { fs, clock, random: systemRandom }, log: { debug: quiet, info: say, warn: say, error: say } },
  );
  const reasons = (free: number): readonly string[] => {
    freeBytes = free;
    offsetMs += 10_000;
    return world.larder.readiness().reasons;
  };
  expect(reasons(10)).not.toContain('disk-low');
  expect([reasons(9), reasons(8)]).toEqual([
    expect.arrayContaining(['disk-low']),
    expect.arrayContaining(['disk-low']),
  ]);
  expect(world.larder.readiness().ready).toBe(true);
  expect(reasons(30)).not.toContain('disk-low');
  expect(said.filter((message) => message.includes('disk'))).toEqual([
    'less than a tenth of the disk is free; larder prune can thin the history',
    'there is room on the disk again',
  ]);
});
