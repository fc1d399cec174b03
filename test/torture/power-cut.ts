/** Power goes at any instant under load, on a real ext4: what was acknowledged, or told in the feed, is there afterwards. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { becomesReady, launch, type StartOptions } from './daemon.ts';
import { between, isOver, pause, randomFrom, skipped, type Harness, type Outcome, type Run } from './harness.ts';
import { tornFiles } from './kill.ts';
import { Load } from './load.ts';
import { openLoopDisk, type LoopDisk } from './loop-disk.ts';

export interface PowerCutRun extends Run {
  readonly durability?: 'sync' | 'os';
}

export async function cutPower(options: PowerCutRun): Promise<Outcome> {
  using disk = openLoopDisk();
  if (!disk) return skipped('needs root and a loop device');
  const root = join(disk.path, 'root');
  mkdirSync(join(root, 'lod'), { recursive: true });
  const env = { LARDER_DURABILITY: options.durability ?? 'sync' };
  const start = { root, port: await freePort(), without: options.without, env };
  const load = new Load({ ...start, run: options, writers: 8, editors: 2 });
  try {
    return await cuts(options, start, load, disk);
  } finally {
    await load.close();
  }
}

async function cuts(options: Run, start: StartOptions, load: Load, disk: LoopDisk): Promise<Outcome> {
  const random = randomFrom(options.seed);
  const failures: string[] = [];
  let ran = 0;
  while (ran < options.size && !isOver(options) && failures.length === 0) {
    failures.push(...(await oneCut(start, load, disk, random)));
    ran += 1;
    options.say?.(`${ran} cuts, ${load.acks.length} writes acknowledged`);
  }
  const saves = load.editors.reduce((sum, { total }) => sum + total, 0);
  const figures = {
    'writes acknowledged': load.acks.length,
    'saves by hand': saves,
    'events followed': load.follower.told.length,
  };
  return { ran, figures, failures };
}

async function oneCut(start: StartOptions, load: Load, disk: LoopDisk, random: () => number): Promise<string[]> {
  const daemon = launch(start);
  try {
    if (!(await becomesReady(daemon))) return [`it did not start: ${daemon.said().slice(-1000)}`];
    load.begin(daemon);
    await pause(between(random, 200, 2500));
    await disk.cut(daemon.pid);
  } finally {
    await daemon.kill();
    await load.end();
  }
  disk.restore();
  load.forgetUntold();
  return checkAfterwards(start, load);
}

async function checkAfterwards(start: StartOptions, load: Load): Promise<string[]> {
  const daemon = launch(start);
  try {
    if (!(await becomesReady(daemon))) return [`it did not start again: ${daemon.said().slice(-1000)}`];
    return [...tornFiles(start.root), ...(await load.broken(daemon))];
  } finally {
    await daemon.stop();
  }
}

export const powerCut: Harness = {
  name: 'power-cut',
  what: 'power cut on a loop-mounted ext4 under 8 writers and 2 people who edit by hand: nothing acknowledged or told is lost, change sets whole, files whole',
  unit: 'cuts',
  size: 300,
  minutes: 20,
  run: cutPower,
};
