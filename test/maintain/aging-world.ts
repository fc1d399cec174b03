/** A Larder whose wall clock may run ahead by months, with histories that are old enough to be thinned. */
import type { HistoryItem } from '../../src/core/requests.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileSystem } from '../../src/host/ports.ts';
import { systemClock } from '../../src/host/system-clock.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import { me, openTestLarder, ref, type TestLarder } from '../reconciler/world.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export interface Aging extends TestLarder {
  /** The wall clock goes on; timers do not notice. */
  age(ms: number): void;
  /** Both clocks go on. */
  goOn(ms: number): void;
  nowMs(): number;
  put(id: string, text: string): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  /** More than a year later: all before is on the disk, and in a segment that is complete. */
  settle(): Promise<void>;
  history(id: string): readonly HistoryItem[];
  /** Versions of a document whose bytes can be had, oldest first. */
  kept(id: string): Promise<string[]>;
}

export async function openAging(
  files: Readonly<Record<string, string>> = {},
  keepHistory = 'staggered',
  fs: FileSystem = nodeFileSystem,
): Promise<Aging> {
  let [offsetMs, wentOnMs] = [-400 * DAY, 0];
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + offsetMs,
    monotonicMs: () => systemClock.monotonicMs() + wentOnMs,
  };
  const goOn = (ms: number): void => {
    offsetMs += ms;
    wentOnMs += ms;
  };
  const host = { fs, clock, random: systemRandom };
  const world = await openTestLarder(files, { host, keepHistory });
  const history = (id: string): readonly HistoryItem[] =>
    world.larder.history(ref(id), { before: null, limit: 1000 })?.items ?? [];
  return Object.assign(world, {
    age: (ms: number) => void (offsetMs += ms),
    goOn,
    nowMs: () => clock.nowMs(),
    put: (id: string, text: string) =>
      world.larder.write({ ref: ref(id), change: { op: 'put', body: Buffer.from(text) } }, me),
    remove: (id: string) => world.larder.write({ ref: ref(id), change: { op: 'delete' } }, me),
    // A segment begins anew after a week, and an orderly stop makes a checkpoint. Each of these has one version: none to thin.
    async settle() {
      goOn(Math.max(-offsetMs, 0) + 10 * DAY);
      const more = (n: number): Promise<unknown> =>
        world.larder.write({ ref: ref(`other-${n}`), change: { op: 'put', body: Buffer.from('{}') } }, me);
      await more(0);
      await world.reopen();
      // Files that a swap brought out are watched for two seconds before a checkpoint passes them.
      for (let n = 1; n < 80 && (await world.larder.maintenance.prune({ dryRun: true })).waiting > 0; n++) {
        await more(n);
        await new Promise((resolve) => void setTimeout(resolve, 250));
      }
    },
    history,
    async kept(id: string) {
      const texts: string[] = [];
      for (const { seq } of history(id)
        .filter(({ digest }) => digest !== null)
        .toReversed()) {
        const read = await world.larder.readVersion(ref(id), seq).catch((error: { code?: string }) => {
          if (error.code !== 'gone') throw error;
          return null;
        });
        if (read?.kind === 'served') texts.push(Buffer.from(read.bytes).toString());
      }
      return texts.map((text) => text.replaceAll(/\s/g, ''));
    },
  });
}
