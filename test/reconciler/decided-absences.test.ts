import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { decidedAbsences } from '../../src/reconciler/decided-absences.ts';
import { Pendings } from '../../src/reconciler/pendings.ts';
import { KeyedQueue } from '../../src/util/keyed-queue.ts';

test('whoever asks what is undecided while very much is held gives the event loop back on the way', async () => {
  let [nowMs, turns] = [0, 0];
  const clock = {
    ...simulatedClock(),
    monotonicMs: () => (nowMs += 20),
    yieldTurn: () => Promise.resolve(void turns++),
  };
  const pendings = new Pendings(clock, () => {});
  const held = { code: 'held', sight: 'absent', collection: 'lod/d', digest: null, faults: [] } as const;
  for (let n = 0; n < 2000; n++) pendings.set(`lod/d/${n}.json`, held, null);
  await decidedAbsences({ pendings, clock, queues: new KeyedQueue() }, () => true);
  expect(turns).toBe(4);
});
