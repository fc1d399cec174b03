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
import { freePort, start, type Daemon } from './daemon.ts';
import { wholeFeed, type Told } from './follower.ts';
import { isOver, pause, randomFrom, within, type Harness, type Outcome, type Run } from './harness.ts';
import { TOOLS, type Batch, type Command, type Tool } from './tool-list.ts';

export interface ToolsRun extends Run {
  /** Names of tools; all of them unless given. */
  readonly only?: readonly string[];
}

const PATIENCE_MS = 60_000;
/** Half-written files are pending for two seconds, and absences for one. */
const SETTLED_MS = 3000;
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
  const place = mkdtempSync(join(tmpdir(), 'larder-tools-'));
  const root = join(place, 'root');
  for (const tool of usable) for (const kind of KINDS) makeDocuments(root, tool, kind, options.size);
  const daemon = await start({ root, port: await freePort(), without: options.without });
  const world = {
    root,
    place,
    daemon,
    random: randomFrom(options.seed),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
  };
  try {
    return await useAll(world, usable, options, tools.length - usable.length);
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
}

async function useAll(world: World, tools: readonly Tool[], options: Run, missing: number): Promise<Outcome> {
  const failures: string[] = [];
  let [saves, used] = [0, 0];
  for (const tool of tools) {
    if (isOver(options)) break;
    used += 1;
    options.say?.(tool.name);
    const before = (await wholeFeed(world.daemon)).at(-1)?.seq ?? 0;
    saves += await useTool(world, tool, 'whole', options.size);
    failures.push(...(await wronglyTold(world, tool, before)));
    saves += await useTool(world, tool, 'killed', options.size);
  }
  await pause(SETTLED_MS);
  failures.push(...(await wrongAtTheEnd(world)));
  const feed = await wholeFeed(world.daemon);
  const figures = { 'tools used': used, 'tools not installed': missing, saves, events: feed.length };
  return { ran: options.size, figures, failures };
}

/** New versions of all documents by one tool. Answers how many saves were begun. */
async function useTool(world: World, tool: Tool, kind: Kind, size: number): Promise<number> {
  const batch: Batch = {
    directory: join(world.root, collectionOf(tool, kind)),
    sources: join(world.place, 'sources', collectionOf(tool, kind)),
    place: join(world.place, 'own', collectionOf(tool, kind)),
  };
  for (const directory of [batch.sources, batch.place]) mkdirSync(directory, { recursive: true });
  const versions = Array.from({ length: filesOf(tool, kind, size) }, (_, id) => SECOND + id);
  for (const [id, version] of versions.entries())
    makeSource(join(batch.sources, `d${id}.json`), join(batch.directory, `d${id}.json`), text(tool, version));
  for (const command of tool.prepare?.(batch) ?? []) await runCommand(command, null);
  const commands = tool.all
    ? [tool.all(batch)]
    : versions.map((version, id) => {
        const saving = {
          target: join(batch.directory, `d${id}.json`),
          source: join(batch.sources, `d${id}.json`),
          version,
        };
        return tool.one?.(saving, batch.place) ?? (['true'] as const);
      });
  for (const command of commands) await runCommand(command, kind === 'killed' ? world.random : null);
  return versions.length;
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
async function wronglyTold(world: World, tool: Tool, since: number): Promise<string[]> {
  const collection = collectionOf(tool, 'whole');
  const paths = documentFiles(world.root).filter((path) => path.startsWith(`${collection}/`));
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
  run: useTools,
};
