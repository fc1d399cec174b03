/** Every call of a piece of work fails once in its turn, as SQLite's tests do it; then power goes and the log is opened. */
import { expect, test } from 'vitest';
import type { EventLog } from '../../src/events/types.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { Fault, FaultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { seededChance } from '../../src/host/simulated-random.ts';
import { HistoryModel } from './history-model.ts';
import { logWorld } from './world.ts';
import type { LogWorld } from './world.ts';

const OPTIONS = { segmentBytes: 2500, aheadBytes: 1024 };

/** Opens, appends alone and together, takes back, begins new segments, stops, and goes on. */
async function work(world: LogWorld, fs: FaultyFileSystem, model: HistoryModel): Promise<void> {
  for (const isClean of [true, false]) {
    const log = await world.open({ ...OPTIONS, fs });
    model.append(log, 1);
    await settled(world, model);
    for (const entries of [1, 3, 2]) model.append(log, entries);
    await settled(world, model);
    await model.abort(log);
    await log.append({ type: 'checkpoint', upTo: log.lastSeq }).synced.catch(() => {});
    model.append(log, 2);
    await settled(world, model);
    await log.close(isClean);
  }
}

async function settled(world: LogWorld, model: HistoryModel): Promise<void> {
  while (model.waiting > 0) await world.clock.yieldTurn();
}

/** Runs the work with the fault at one call, then with healthy disks: once as the process left it, then after a power cut. */
async function survives(fault: Fault, seed: number): Promise<{ fired: boolean; model: HistoryModel }> {
  const world = logWorld();
  const model = new HistoryModel();
  const faulty = faultyFileSystem(world.fs, [fault]);
  await work(world, faulty, model).catch(noteFailure);
  const unknown = model.unknown;
  if (seed % 2 === 0) await check(world, model);
  world.fs = world.fs.crash(seededChance(seed));
  await check(world, model);
  if (fault.outcome.kind !== 'crash' && !fault.forever) expect(unknown, 'a single failure leaves no doubt').toBe(0);
  return { fired: faulty.fired, model };
}

/** The work may end early, by an error of the disk or of the log, never by a mistake of ours. */
function noteFailure(error: unknown): void {
  const isExpected = error instanceof Error && (error.name === 'Crash' || error.name === 'LarderError');
  if (!isExpected) throw error;
}

async function check(world: LogWorld, model: HistoryModel): Promise<void> {
  const log: EventLog = await world.open(OPTIONS);
  model.checkOpened(log);
  model.append(log, 1);
  await settled(world, model);
  model.check(log);
  await log.close(false);
}

const error = (code: string): Fault['outcome'] => ({ kind: 'error', code });

test.each<[string, Omit<Fault, 'nth'>]>([
  ['fails once with EIO', { outcome: error('EIO') }],
  ['fails with EIO, as all that follow', { outcome: error('EIO'), forever: true }],
  ['finds the disk full', { outcome: error('ENOSPC') }],
  [
    'finds the disk full for ever',
    { calls: ['write', 'makeDirectory', 'open'], outcome: error('ENOSPC'), forever: true },
  ],
  ['finds no descriptor', { calls: ['open'], outcome: error('EMFILE') }],
  [
    'is a write that takes 9 bytes, as all that follow',
    { calls: ['write'], outcome: { kind: 'short', bytes: 9 }, forever: true },
  ],
  ['is a sync that fails', { calls: ['fsync', 'fdatasync'], outcome: error('EIO') }],
  ['is never made, the process dies', { outcome: { kind: 'crash' } }],
  ['is the last that is made', { outcome: { kind: 'crash', after: true } }],
])('no promise is broken when call N %s, for every N', async (_, fault) => {
  let nth = 0;
  for (let fired = true; fired;) {
    nth += 1;
    ({ fired } = await survives({ ...fault, nth }, nth));
  }
  expect(nth).toBeGreaterThan(5);
});
