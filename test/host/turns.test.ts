import { expect, test } from 'vitest';
import { shareTurns } from '../../src/host/turns.ts';

/** An event loop that runs what is due in one go, as Node runs its immediates, and a clock that only work moves. */
function openLoop() {
  let nowMs = 0;
  const due: (() => void)[] = [];
  const told: string[][] = [];
  const yieldTurn = shareTurns({ nowMs: () => nowMs, soon: (run) => void due.push(run) });
  return {
    yieldTurn,
    told,
    work(name: string, ms: number) {
      told.at(-1)?.push(name);
      nowMs += ms;
    },
    async run() {
      while (due.length > 0) {
        told.push([]);
        for (const run of due.splice(0)) {
          run();
          for (let hop = 0; hop < 5; hop++) await Promise.resolve();
        }
        if (told.at(-1)?.length === 0) told.pop();
      }
    },
  };
}

test('however many wait, a turn takes on no more work once it was 10 ms long, and nobody is passed', async () => {
  const loop = openLoop();
  for (const name of ['a', 'b', 'c', 'd', 'e']) void loop.yieldTurn().then(() => loop.work(name, 4));
  await loop.run();
  expect(loop.told).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});

test('work that asks again goes behind those who wait', async () => {
  const loop = openLoop();
  const long = async (name: string): Promise<void> => {
    for (let slice = 0; slice < 3; slice++) {
      await loop.yieldTurn();
      loop.work(name, 6);
    }
  };
  void long('a');
  void long('b');
  void long('c');
  await loop.run();
  expect(loop.told).toEqual([['a', 'b'], ['c', 'a'], ['b', 'c'], ['a', 'b'], ['c']]);
});

test('one that waits alone has the next turn, also when the one before was long', async () => {
  const loop = openLoop();
  const work = async (): Promise<void> => {
    await loop.yieldTurn();
    loop.work('a', 500);
    await loop.yieldTurn();
    loop.work('b', 1);
  };
  void work();
  await loop.run();
  expect(loop.told).toEqual([['a'], ['b']]);
});
