/** `kill -9` of the real daemon, again and again, under eight writers and two people who edit by hand. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentFiles, isWhole, shortened } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { becomesReady, launch, type Daemon, type StartOptions } from './daemon.ts';
import { between, isOver, pause, randomFrom, type Harness, type Outcome, type Run } from './harness.ts';
import { Load } from './load.ts';

const WRITERS = 8;
const EDITORS = 2;
/** One life in six ends while it starts. */
const EARLY = 1 / 6;

async function run(options: Run): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'larder-kill-'));
  mkdirSync(join(root, 'lod'));
  const start = { root, port: await freePort(), without: options.without };
  const load = new Load({ ...start, run: options, writers: WRITERS, editors: EDITORS });
  try {
    return await kills(options, start, load);
  } finally {
    await load.close();
    rmSync(root, { recursive: true, force: true });
  }
}

async function kills(options: Run, start: StartOptions, load: Load): Promise<Outcome> {
  const random = randomFrom(options.seed);
  const failures: string[] = [];
  let ran = 0;
  while (ran < options.size && !isOver(options) && failures.length === 0) {
    failures.push(...(await oneLife(launch(start), load, random)), ...tornFiles(start.root));
    ran += 1;
    options.say?.(`${ran} kills, ${load.acks.length} writes acknowledged`);
  }
  if (failures.length === 0) failures.push(...(await lastLife(start, load)));
  const saves = load.editors.reduce((sum, { total }) => sum + total, 0);
  const figures = {
    'writes acknowledged': load.acks.length,
    'saves by hand': saves,
    'events followed': load.follower.told.length,
  };
  return { ran, figures, failures };
}

async function oneLife(daemon: Daemon, load: Load, random: () => number): Promise<string[]> {
  if (random() < EARLY) {
    await pause(between(random, 50, 1000));
    await daemon.kill();
    return [];
  }
  if (!(await becomesReady(daemon))) return [`it did not start again: ${daemon.said().slice(-1000)}`];
  load.begin(daemon);
  await pause(between(random, 50, 600));
  await daemon.kill();
  await load.end();
  return [];
}

/** While nothing runs, every document is whole: nobody's file was cut off in the middle. */
export function tornFiles(root: string): string[] {
  const torn = documentFiles(root).filter((path) => !isWhole(readFileSync(join(root, path), 'utf8')));
  return shortened(torn.map((path) => `${path} is torn`));
}

async function lastLife(start: StartOptions, load: Load): Promise<string[]> {
  const daemon = launch(start);
  if (!(await becomesReady(daemon))) return [`it did not start again: ${daemon.said().slice(-1000)}`];
  try {
    const broken = await load.broken(daemon);
    const code = await daemon.stop();
    return code === 0 ? broken : [...broken, `an orderly stop ended with ${code}`];
  } finally {
    await daemon.kill();
  }
}

export const kill: Harness = {
  name: 'kill',
  what: 'kill -9 of the daemon under 8 writers and 2 people who edit by hand: nothing acknowledged lost, no torn file, no gap or repeat in the feed, change sets whole',
  unit: 'kills',
  size: 2000,
  minutes: 45,
  run,
};
