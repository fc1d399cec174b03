/** The backlog with what it asks the disk, and how it settles what waited. */
import { digestOf } from '../core/digest.ts';
import { attempt, writeAll } from '../host/durable-files.ts';
import type { Clock } from '../host/ports.ts';
import { tempName } from '../files/temp.ts';
import { Backlog } from './backlog.ts';
import { settle } from './settle.ts';
import type { World } from './world.ts';

/** As much as the smallest document needs on most file systems. */
const PROBE = new Uint8Array(4096).fill(0x20);

export function openBacklog(clock: Clock, worldOf: () => World, rescanSoon: (reason: string) => void): Backlog {
  return new Backlog({
    clock,
    probe: () => probe(worldOf()),
    settle: async (paths) => void (await settle(worldOf(), paths)),
    rescan: () => rescanSoon('more changed than was kept in mind while nothing could be recorded'),
    onFailure: (error) => worldOf().log.error({ err: error }, 'what waited for the disk could not be settled'),
    onChange(reason) {
      if (reason) worldOf().log.error({ err: reason }, 'the disk takes nothing: reads go on, nothing is recorded');
      else worldOf().log.info({}, 'the disk takes everything again');
    },
  });
}

/** Whether there is room for a document, and for a frame where the log refused one. */
async function probe(world: World): Promise<void> {
  const file = tempName(world, digestOf(PROBE));
  const fd = world.fs.open(file, 'create-new', 0o600);
  try {
    writeAll(world.fs, fd, PROBE, 0);
  } finally {
    attempt(() => world.fs.close(fd));
    attempt(() => world.fs.unlink(file));
  }
  if (world.recorder.trouble) throw world.recorder.trouble;
  if (world.recorder.logTrouble) await world.recorder.probe();
}
