import { expect, test } from 'vitest';
import { WorkerSeat } from '../../src/files/worker-seat.ts';

/** Answers with an error, and then says so where a blocked event loop sees it. */
const FAILING = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from 'node:worker_threads';
    parentPort.on('message', ({ id }) => {
      parentPort.postMessage({ id, error: 'Class extends value undefined' });
      Atomics.store(workerData, 0, 1);
      Atomics.notify(workerData, 0);
    });`)}`,
);

function give(said: Int32Array): { readonly seat: WorkerSeat<null, never>; readonly answer: Promise<never> } {
  const seat = WorkerSeat.take<null, never>({ script: FAILING, start: said, onFree: () => {}, onDeath: () => {} });
  const { promise: answer, resolve, reject } = Promise.withResolvers<never>();
  answer.catch(() => {});
  seat.give({ request: () => null, resolve, reject, deaths: 0 });
  return { seat, answer };
}

test('a worker says why its work failed', async () => {
  const { seat, answer } = give(new Int32Array(new SharedArrayBuffer(4)));
  await expect(answer).rejects.toThrow('Class extends value undefined');
  await seat.retire();
});

test('what a worker says went wrong while it is ended is told as its end', async () => {
  const said = new Int32Array(new SharedArrayBuffer(4));
  const { seat, answer } = give(said);
  expect(Atomics.wait(said, 0, 0, 20_000)).not.toBe('timed-out');
  await seat.retire();
  await expect(answer).rejects.toMatchObject({ code: 'stopping' });
});
