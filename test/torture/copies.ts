/**
 * One `rsync -a` of the root while it is written: every path of the copy is a whole version. The copy is opened and verified; a
 * second rsync right after completes it.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../../scripts/test-programs.ts';
import { digestOf } from '../../src/core/digest.ts';
import { differences, digestsOnDisk, disagreements, documentFiles, shortened } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { start, type Daemon } from './daemon.ts';
import { wholeFeed } from './follower.ts';
import { isOver, pause, skipped, type Harness, type Outcome, type Run } from './harness.ts';
import { tornFiles } from './kill.ts';
import { lostAcks, Load } from './load.ts';

const CLI = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'cli.ts');
const WARM_UP_MS = 700;
const PATIENCE_MS = 60_000;

interface World {
  readonly root: string;
  readonly copy: string;
  readonly daemon: Daemon;
  readonly load: Load;
}

async function run(options: Run): Promise<Outcome> {
  if (!isInstalled('rsync')) return skipped('needs rsync');
  const place = mkdtempSync(join(tmpdir(), 'larder-copies-'));
  const [root, copy] = [join(place, 'root'), join(place, 'copy')];
  mkdirSync(join(root, 'lod'), { recursive: true });
  const port = await freePort();
  const daemon = await start({ root, port, without: options.without });
  const load = new Load({ root, port, run: options, writers: 6, editors: 1, onlyByRename: true });
  try {
    return await copies(options, { root, copy, daemon, load });
  } finally {
    await load.close();
    await daemon.kill();
    rmSync(place, { recursive: true, force: true });
  }
}

async function copies(options: Run, world: World): Promise<Outcome> {
  const failures: string[] = [];
  let ran = 0;
  while (ran < options.size && !isOver(options) && failures.length === 0) {
    world.load.begin(world.daemon);
    await pause(WARM_UP_MS);
    const acked = world.load.acks.length;
    await rsync(world);
    failures.push(...tornFiles(world.copy), ...unknownFiles(world, await wholeFeed(world.daemon)), ...unsound(world));
    await world.load.end();
    if (failures.length === 0) failures.push(...(await opened(world, acked)));
    if (failures.length === 0) failures.push(...(await completed(world)));
    rmSync(world.copy, { recursive: true, force: true });
    ran += 1;
    options.say?.(`${ran} copies`);
  }
  return { ran, figures: { 'writes acknowledged': world.load.acks.length }, failures };
}

function rsync({ root, copy }: World): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without `--modify-window=-1` rsync compares times by the second, and passes over what was saved twice in one.
    // 24: files vanished while it read; that is what a tree in use does.
    execFile('rsync', ['-a', '--delete', '--modify-window=-1', `${root}/`, `${copy}/`], (error) =>
      error && error.code !== 24 ? reject(error) : resolve(),
    );
  });
}

/** Each file of the copy holds what some version of its document was; files saved by hand may not be told yet. */
function unknownFiles({ copy }: World, feed: Awaited<ReturnType<typeof wholeFeed>>): string[] {
  const known = new Set(feed.map(({ name, digest }) => `${name} ${digest}`));
  const unknown = documentFiles(copy).filter((path) => {
    const name = path.slice(0, -'.json'.length);
    return name.startsWith('lod/w') && !known.has(`${name} ${digestOf(readFileSync(join(copy, path)))}`);
  });
  return shortened(unknown.map((path) => `${path} of the copy is no version of its document`));
}

/** The copy, served: what it knows is true, and what was acknowledged before the copy began is in it. */
async function opened(world: World, acked: number): Promise<string[]> {
  const root = `${world.copy}-opened`;
  cpSync(world.copy, root, { recursive: true, preserveTimestamps: true });
  const daemon = await start({ root, port: await freePort() });
  try {
    const differing = await disagreements(daemon, root, { limitMs: PATIENCE_MS });
    return [...differing, ...shortened(lostAcks(world.load.acks.slice(0, acked), await wholeFeed(daemon)))];
  } finally {
    await daemon.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** After a second rsync, with nobody writing, the copy has the same documents and verifies. */
async function completed(world: World): Promise<string[]> {
  await rsync(world);
  return [...differences('copy', digestsOnDisk(world.root), digestsOnDisk(world.copy)), ...unsound(world)];
}

function unsound({ copy }: World): string[] {
  const verified = spawnSync(process.execPath, [CLI, 'verify', '--root', copy, '--json'], { encoding: 'utf8' });
  return verified.status === 0
    ? []
    : [`verify of the copy: ${verified.stdout.slice(0, 1500)}${verified.stderr.slice(0, 500)}`];
}

export const rsyncCopies: Harness = {
  name: 'copies',
  what: 'rsync -a of the root under write load: each path a whole version, the copy verifies and opens, a second rsync completes it',
  unit: 'copies',
  size: 100,
  minutes: 10,
  run,
};
