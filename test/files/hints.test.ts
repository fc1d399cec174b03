import { expect, test } from 'vitest';
import { collectHints, type Due } from '../../src/files/watcher/hints.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';

function collecting() {
  const clock = simulatedClock();
  const due: Due[] = [];
  const told = { bursts: 0 };
  const hints = collectHints({ clock, onDue: (one) => due.push(one), onBurst: () => told.bursts++ });
  const hintMany = (count: number): void => {
    for (let n = 0; n < count; n++) hints.hint({ directory: `lod/c${n % 100}`, name: `d${n}.json` });
  };
  return { clock, due, told, hints, hintMany };
}

test('hints that come in one go, as many as fill half of the queue of the kernel, are a burst', async () => {
  const { clock, told, hints, hintMany } = collecting();
  hintMany(8191);
  await clock.advance(20);
  expect(told.bursts).toBe(0);
  hintMany(8192);
  await clock.advance(20);
  expect(told.bursts).toBe(1);
  await clock.advance(2000);
  expect(told.bursts, 'and told once').toBe(1);
  hints.close();
});

test('many names of a directory are one look at it', async () => {
  const { clock, due, hints } = collecting();
  for (let n = 0; n <= 128; n++) hints.hint({ directory: 'lod/c', name: `d${n}.json` });
  hints.hint({ directory: 'lod/d', name: 'one.json' });
  await clock.advance(200);
  expect(due).toEqual([{ paths: ['lod/d/one.json'], directories: ['lod/c'], everything: false }]);
  hints.close();
});
