import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedQueue } from '../../src/util/keyed-queue.ts';

test('sections of one key never overlap, whatever sets are taken', async () => {
  const sets = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }), {
    minLength: 1,
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), sets, async (scheduler, takers) => {
      const queue = new KeyedQueue();
      const inside = new Set<string>();
      const section = async (keys: readonly string[]): Promise<void> => {
        for (const key of keys) {
          expect(inside.has(key)).toBe(false);
          inside.add(key);
        }
        await scheduler.schedule(Promise.resolve());
        for (const key of keys) inside.delete(key);
      };
      const all = Promise.all(takers.map((keys) => queue.runAll(keys, () => section(keys))));
      await scheduler.waitFor(all);
      for (const key of 'abcd') expect(queue.isFree(key)).toBe(true);
    }),
  );
});

test('a section that throws releases its keys', async () => {
  const queue = new KeyedQueue();
  await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run('a', () => 'next')).toBe('next');
});

test('a key is taken in the order of the callers', async () => {
  const queue = new KeyedQueue();
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((n) => queue.run('a', async () => void (await Promise.resolve(), order.push(n)))));
  expect(order).toEqual([1, 2, 3]);
});
