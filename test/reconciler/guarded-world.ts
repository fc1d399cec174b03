/** A Larder over real files whose clock moves only when a test says so, so that seconds and minutes cost nothing. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../src/core/problems.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import type { Log } from '../../src/reconciler/world.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { openTestLarder, type TestLarder } from './world.ts';

export interface GuardedLarder extends TestLarder {
  /** Lets time pass, and what waits for it happen. */
  pass(ms: number): Promise<void>;
  /** By the wall clock that runs here. */
  now(): number;
  /** Lets time pass until something is so: disks are slow when others use them. */
  until(isSo: () => boolean): Promise<void>;
  /** Looks at the tree, again after the grace of an absence, until nothing is undecided. */
  settleDown(): Promise<void>;
  problems(): readonly Problem[];
  remove(...paths: readonly string[]): void;
  /** Ids of the served documents of `lod/things`. */
  ids(): readonly string[];
  /** Ids of the documents whose deletion is recorded, in order. */
  deleted(): readonly string[];
}

export const documents = (count: number, place = 'lod/things', from = 0): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${place}/d${from + index}.json`, `{"v": ${from + index}}\n`]),
  );

export async function openGuarded(
  files: Readonly<Record<string, string>> = {},
  fs: FileSystem = nodeFileSystem,
  log?: Log,
): Promise<GuardedLarder> {
  const clock = simulatedClock(Date.now());
  const host = { fs, clock, random: systemRandom, inThread: true };
  const world = await openTestLarder(files, { host, ...(log && { log }) });
  const pass = async (ms: number): Promise<void> => {
    const stepMs = ms > 10_000 ? 5000 : 250;
    for (let left = ms; left > 0; left -= stepMs) {
      await clock.advance(Math.min(left, stepMs));
      // Syncs are real: what waits for one gets its turn.
      await sleep(3);
    }
  };
  const guarded: GuardedLarder = Object.assign(world, {
    pass,
    now: () => clock.nowMs(),
    async until(isSo: () => boolean) {
      const limitMs = performance.now() + 30_000;
      while (!isSo()) {
        if (performance.now() > limitMs) throw new Error('it did not become so within 30 s');
        await pass(250);
      }
    },
    async settleDown() {
      await world.larder.rescan();
      await pass(1500);
      await world.larder.rescan();
    },
    problems: () => world.larder.problems({ collection: null, limit: 1000, cursor: null }).items,
    remove(...paths: readonly string[]) {
      for (const path of paths) rmSync(world.at(path), { recursive: true });
    },
    ids: () =>
      (world.larder.list('lod/things', { limit: 1000, prefix: null, cursor: null })?.items ?? []).map(({ id }) => id),
    deleted: () => world.events().flatMap(({ op, id }) => (op === 'delete' ? [id] : [])),
  });
  return guarded;
}
