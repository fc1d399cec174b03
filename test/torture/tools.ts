/**
 * Every editor and tool habit on documents that are served: run to its end, and killed half-way. Afterwards a document is what its
 * file holds, or its last good version under a mark; list and feed agree; nothing was told twice and nothing is there that is no
 * file.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '../../scripts/test-programs.ts';
import { digestOf } from '../../src/core/digest.ts';
import { disagreements, documentFiles, fold, shortened } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { start, type Daemon } from './daemon.ts';
import { wholeFeed, type Told } from './follower.ts';
import { affordable, isOver, pause, randomFrom, within, type Harness, type Outcome, type Run } from './harness.ts';
import { TOOLS, type Batch, type Command, type Tool } from './tool-list.ts';

export interface ToolsRun extends Run {
  /** Names of tools; all of them unless given. */
  readonly only?: readonly string[];
}

const PATIENCE_MS = 60_000;
/** Half-written files are pending for two seconds, and absences for one. */
const SETTLED_MS = 3000;
/** Files a tool that a second of a run with a limit allows, all tools together; and fewer would prove little. */
const FILES_A_SECOND = 1;
const LEAST = 2;
/** Of that time, for the comparison of everything at the end. */
const COMPARED_SHARE = 0.25;
/** Versions have as many digits before as after. */
const [FIRST, SECOND] = [1_000_000, 2_000_000];

interface World {
  readonly root: string;
  readonly place: string;
  readonly daemon: Daemon;
  readonly random: () => number;
  readonly patienceMs: number;
}

export async function useTools(options: ToolsRun): Promise<Outcome> {
  const tools = TOOLS.filter(({ name }) => options.only?.includes(name) ?? true);
  const usable = tools.filter(({ programs }) => programs.every(isInstalled));
  const size = affordable(options, FILES_A_SECOND, LEAST);
  const place = mkdtempSync(join(tmpdir(), 'larder-tools-'));
  const root = join(place, 'root');
  for (const tool of usable) for (const kind of KINDS) makeDocuments(root, tool, kind, size);
  const daemon = await start({ root, port: await freePort(), without: options.without });
  const world = {
    root,
    place,
    daemon,
    random: randomFrom(options.seed),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
  };
  try {
    return await useAll(world, usable, { ...options, size }, tools.length - usable.length);
  } finally {
    await daemon.kill();
    rmSync(place, { recursive: true, force: true });
  }
}

/** A collection for runs to the end, and one for runs that are killed. */
const KINDS = ['whole', 'killed'] as const;
type Kind = (typeof KINDS)[number];

const collectionOf = (tool: Tool, kind: Kind): string => `${kind}/${tool.name}`;
const filesOf = (tool: Tool, kind: Kind, size: number): number =>
  Math.min(kind === 'killed' ? Math.ceil(size / 10) : size, tool.most ?? Infinity);

const text = (tool: Tool, version: number): string =>
  tool.small ? `{ "v": ${version} }\n` : `{ "v": ${version}, "text": "${'larder '.repeat(9000)}" }\n`;

function makeDocuments(root: string, tool: Tool, kind: Kind, size: number): void {
  const directory = join(root, collectionOf(tool, kind));
  mkdirSync(directory, { recursive: true });
  const count = filesOf(tool, kind, size);
  for (let id = 0; id < count; id++) writeFileSync(join(directory, `d${id}.json`), text(tool, FIRST + id));
  // Where a kill leaves nothing of ten documents they are held, and listed on, until a person decides.
  if (kind === 'killed') writeFileSync(join(directory, 'left-alone.json'), text(tool, FIRST));
}

async function useAll(world: World, tools: readonly Tool[], options: Run, missing: number): Promise<Outcome> {
  const failures: string[] = [];
  const counts: number[] = [];
  let saves = 0;
  for (const [index, tool] of tools.entries()) {
    options.say?.(tool.name);
    const before = (await wholeFeed(world.daemon)).at(-1)?.seq ?? 0;
    const turn = turnOf(options, tools.length - index);
    const whole = await useTool(world, tool, 'whole', turn);
    failures.push(...(await wronglyTold(world, tool, before, whole)));
    const killed = await useTool(world, tool, 'killed', turn);
    saves += whole + killed;
    if (tool.most === undefined) counts.push(whole);
  }
  await pause(SETTLED_MS);
  failures.push(...(await wrongAtTheEnd(world)));
  const feed = await wholeFeed(world.daemon);
  const figures = { tools: tools.length, 'tools not installed': missing, saves, events: feed.length };
  return { ran: Math.min(options.size, ...counts), figures, failures };
}

/** Until when one tool may save, so that each of those that are left gets as much. */
function turnOf(options: Run, left: number): Run {
  if (options.untilMs === undefined) return options;
  const nowMs = performance.now();
  return { ...options, untilMs: nowMs + ((options.untilMs - nowMs) * (1 - COMPARED_SHARE)) / left };
}

/** New versions of all documents by one tool, or of as many as there is time for. Answers how many saves were begun. */
async function useTool(world: World, tool: Tool, kind: Kind, turn: Run): Promise<number> {
  const batch: Batch = {
    directory: join(world.root, collectionOf(tool, kind)),
    sources: join(world.place, 'sources', collectionOf(tool, kind)),
    place: join(world.place, 'own', collectionOf(tool, kind)),
  };
  for (const directory of [batch.sources, batch.place]) mkdirSync(directory, { recursive: true });
  const versions = Array.from({ length: filesOf(tool, kind, turn.size) }, (_, id) => SECOND + id);
  for (const [id, version] of versions.entries())
    makeSource(join(batch.sources, `d${id}.json`), join(batch.directory, `d${id}.json`), text(tool, version));
  for (const command of tool.prepare?.(batch) ?? []) await runCommand(command, null);
  const killAt = kind === 'killed' ? world.random : null;
  if (tool.all) {
    await runCommand(tool.all(batch), killAt);
    return versions.length;
  }
  let saves = 0;
  for (const [id, version] of versions.entries()) {
    if (saves >= LEAST && isOver(turn)) break;
    const saving = {
      target: join(batch.directory, `d${id}.json`),
      source: join(batch.sources, `d${id}.json`),
      version,
    };
    if (tool.one) await runCommand(tool.one(saving, batch.place), killAt);
    saves += 1;
  }
  return saves;
}

/** As long as what it will replace, and of the same time: only a look at the bytes, or at what no tool can set, tells them apart. */
function makeSource(source: string, target: string, text: string): void {
  writeFileSync(source, text);
  const { atime, mtime } = statSync(target);
  utimesSync(source, atime, mtime);
}

/** How long a run of each program takes, learned from the runs to the end. */
const durations = new Map<string, number>();

function runCommand([program, ...args]: Command, killAt: (() => number) | null): Promise<void> {
  const startedMs = performance.now();
  const key = `${program} ${args.slice(0, 3).join(' ')}`.slice(0, 40);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    const kill = (): void => {
      try {
        // The whole group: a pipe of two programs, a terminal with an editor in it.
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const timer = killAt && setTimeout(kill, killAt() * (durations.get(program) ?? 20));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (timer) clearTimeout(timer);
      else durations.set(program, performance.now() - startedMs);
      if (!killAt && code !== 0) reject(new Error(`${key} ended with ${code ?? signal}`));
      else resolve();
    });
  });
}

/** A tool that ran to its end changed each document once: that is what the feed says, and nothing else. */
async function wronglyTold(world: World, tool: Tool, since: number, saves: number): Promise<string[]> {
  const paths = Array.from({ length: saves }, (_, id) => `${collectionOf(tool, 'whole')}/d${id}.json`);
  if (tool.silent) for (const path of paths) await world.daemon.ask('GET', `/v1/${path.slice(0, -'.json'.length)}`);
  const expected = new Map(
    paths.map((path) => [path.slice(0, -'.json'.length), digestOf(readFileSync(join(world.root, path)))]),
  );
  const op = tool.breaks ? 'problem' : 'update';
  let wrong: string[] = [];
  await within(world.patienceMs, async () => {
    const told = Map.groupBy(await wholeFeed(world.daemon, since), ({ name }) => name);
    wrong = [...expected].flatMap(([name, digest]) => {
      const events = told.get(name) ?? [];
      const isRight = events.length === 1 && events[0]?.op === op && events[0].digest === digest;
      return isRight ? [] : [`${name} was told as ${events.map((event) => event.op).join(', ') || 'nothing'}`];
    });
    return wrong.length === 0;
  });
  return shortened(wrong);
}

/** Everything together, killed runs included: files that are no documents now are marked, and served as they were. */
async function wrongAtTheEnd({ daemon, root, patienceMs }: World): Promise<string[]> {
  const broken = new Set(
    documentFiles(root)
      .filter((path) => !isDocument(join(root, path)))
      .map((path) => path.slice(0, -5)),
  );
  const differing = await disagreements(daemon, root, { limitMs: patienceMs, broken });
  const feed = await wholeFeed(daemon);
  return [...differing, ...shortened(repeats(feed)), ...shortened(await wronglyServed(daemon, broken, fold(feed)))];
}

function isDocument(path: string): boolean {
  try {
    return typeof JSON.parse(readFileSync(path, 'utf8')) === 'object';
  } catch {
    return false;
  }
}

/** The same version of a document told twice in a row. */
function repeats(feed: readonly Told[]): string[] {
  const last = new Map<string, Told>();
  return feed.flatMap((told) => {
    const before = last.get(told.name);
    last.set(told.name, told);
    const isRepeat = before !== undefined && before.op === told.op && before.digest === told.digest;
    return isRepeat ? [`seq ${told.seq} tells ${told.op} of ${told.name} again`] : [];
  });
}

async function wronglyServed(
  daemon: Daemon,
  broken: ReadonlySet<string>,
  good: ReadonlyMap<string, string>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of broken) {
    const { status, headers } = await daemon.ask('GET', `/v1/${name}`);
    const expected = good.get(name);
    const isRight = expected === undefined ? status === 409 : headers.etag === `"${expected}"`;
    if (!isRight) wrong.push(`${name} is broken and answers ${status}, not its last good version`);
  }
  return wrong;
}

export const tools: Harness = {
  name: 'tools',
  what: 'every habit of saving (vim both ways, nano, emacs, sed -i, jq | sponge, install, cp -p, mmap, delete and create anew, slow writers, truncate, tar, git checkout, five kinds of rsync), run to its end and killed half-way: served as on disk or marked, told once, no ghosts',
  unit: 'files a tool',
  size: 1000,
  minutes: 15,
  run: useTools,
};
