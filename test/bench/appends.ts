/** An append of one line to a long stream against one to a short stream, through a running daemon. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followFeed, start } from './changes.ts';
import { atMost, ms, type Figure, type Setting } from './figures.ts';
import { cpuMs, median, type Served } from './programs.ts';

const APPENDS = 20;
const LONG_BYTES = 100 * 1000 * 1000;
const SHORT_BYTES = 1000;
const BOUND = 2;
/** Longer than appends are gathered, so that each is an event of its own. */
const PAUSE_MS = 1300;

const LINE = `${JSON.stringify({ at: '2026-11-26T12:00:00Z', level: 'info', text: 'a line of a log' })}\n`;

interface Stream {
  readonly path: string;
  readonly id: string;
  readonly times: number[];
  readonly cpuTimes: number[];
}

function makeStream(root: string, name: string, bytes: number): Stream {
  const directory = join(root, 'bench', name);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'lines.jsonl');
  writeFileSync(path, LINE.repeat(Math.ceil(bytes / LINE.length)));
  return { path, id: `bench/${name}`, times: [], cpuTimes: [] };
}

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));

/** From the end of the append to the event in the client's hands, and what it cost the daemon until it is at rest again. */
async function append({ child }: Served, stream: Stream, announced: (text: string) => Promise<void>): Promise<void> {
  const cpuBefore = cpuMs(child.pid ?? 0);
  const event = announced(stream.id);
  const started = performance.now();
  appendFileSync(stream.path, LINE);
  await event;
  stream.times.push(performance.now() - started);
  await pause();
  stream.cpuTimes.push(cpuMs(child.pid ?? 0) - cpuBefore);
}

export async function appends(setting: Setting): Promise<Figure[]> {
  const root = join(setting.place, 'appends');
  const [long, short] = [makeStream(root, 'long', LONG_BYTES), makeStream(root, 'short', SHORT_BYTES)];
  const daemon = await start(setting, root);
  const ending = new AbortController();
  try {
    const announced = await followFeed(daemon.url, ending.signal);
    // The first append to a stream reads it once.
    for (const stream of [long, short]) await append(daemon, stream, announced);
    for (const stream of [long, short]) stream.times.length = stream.cpuTimes.length = 0;
    for (let round = 0; round < APPENDS; round++)
      for (const stream of [long, short]) await append(daemon, stream, announced);
    return figuresOf(long, short);
  } finally {
    ending.abort();
    await daemon.stop();
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A tick of the CPU time is 10 ms, so that its figures are means. */
function figuresOf(long: Stream, short: Stream): Figure[] {
  const [longMs, shortMs] = [median(long.times), median(short.times)];
  const [longCpuMs, shortCpuMs] = [sum(long.cpuTimes) / APPENDS, sum(short.cpuTimes) / APPENDS];
  return [
    atMost(BOUND, longMs / shortMs, {
      what: 'an append of one line to a stream of 100 MB reaches an SSE client',
      larder: ms(longMs),
      against: `${ms(shortMs)} (to a stream of 1 KB)`,
    }),
    atMost(BOUND, longCpuMs / shortCpuMs, {
      what: 'the same, CPU time of the daemon',
      larder: ms(longCpuMs),
      against: ms(shortCpuMs),
    }),
  ];
}
