/** Small changes: of a large document, and by hand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, ms, rounds, type Figure, type Setting } from './figures.ts';
import { cpuMs, measure, median, serve, type Served } from './programs.ts';

const PATCHES = 40;
const ITEMS = 4200;

function largeDocument(): string {
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    id: index,
    name: `item ${index}`,
    tags: ['a', 'b', `t${index % 40}`],
    price: index / 7,
    note: 'some words about it, as there are in most documents, and a few more',
  }));
  return `${JSON.stringify({ title: 'large', revision: 0, items }, null, 2)}\n`;
}

export async function start({ daemon }: Setting, root: string): Promise<Served> {
  return serve(daemon, (port) => ['start', '--root', root, '--port', String(port)], '/readyz');
}

/** CPU time of the whole daemon for one PATCH of one field, in ms. */
async function patchCpuMs({ url, child }: Served, round: number): Promise<number> {
  const before = cpuMs(child.pid ?? 0);
  for (let time = 0; time < PATCHES; time++) {
    const answer = await fetch(`${url}/v1/bench/large/one`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', prefer: 'return=minimal' },
      body: JSON.stringify({ revision: round * PATCHES + time }),
    });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`a PATCH was answered with ${answer.status}`);
  }
  return (cpuMs(child.pid ?? 0) - before) / PATCHES;
}

export async function patches(setting: Setting): Promise<Figure[]> {
  const root = join(setting.place, 'patches');
  const file = join(root, 'bench', 'large', 'one.json');
  mkdirSync(join(root, 'bench', 'large'), { recursive: true });
  writeFileSync(file, largeDocument());
  const daemon = await start(setting, root);
  try {
    let round = 0;
    await patchCpuMs(daemon, ++round);
    const measured = await rounds(
      setting.rounds,
      () => patchCpuMs(daemon, ++round),
      async () => (await measure<{ ms: number }>('bare.ts', ['parse', file])).ms,
    );
    return [
      atMost(5, measured.ratio, {
        what: 'PATCH of one field in a document of 1 MB, CPU time',
        larder: ms(measured.larder),
        against: `${ms(measured.against)} (parse and stringify)`,
      }),
    ];
  } finally {
    await daemon.stop();
  }
}

const EDITS = 25;
const BOUND_MS = 150;
/** Longer than anything the last edit sets off. */
const PAUSE_MS = 700;

/** Resolves at each event that names the text. */
export async function followFeed(url: string, until: AbortSignal): Promise<(text: string) => Promise<void>> {
  const answer = await fetch(`${url}/v1/_changes`, { headers: { accept: 'text/event-stream' }, signal: until });
  const waiting = new Map<string, () => void>();
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const text = decoder.decode(chunk, { stream: true });
      for (const [name, resolve] of waiting) if (text.includes(name)) resolve();
    }
  };
  read().catch(() => {});
  return (name) => new Promise((resolve) => void waiting.set(name, resolve));
}

/** From the end of the save to the event in the client's hands, in ms. */
export async function edits(setting: Setting): Promise<Figure[]> {
  const root = join(setting.place, 'edits');
  mkdirSync(join(root, 'bench', 'notes'), { recursive: true });
  writeFileSync(join(root, 'bench', 'notes', 'first.json'), '{}\n');
  const daemon = await start(setting, root);
  const ending = new AbortController();
  try {
    const announced = await followFeed(daemon.url, ending.signal);
    const times: number[] = [];
    for (let edit = 0; edit < EDITS; edit++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const event = announced(`edit-${edit}x`);
      const started = performance.now();
      writeFileSync(join(root, 'bench', 'notes', `edit-${edit}x.json`), `{"edit": ${edit}}\n`);
      await event;
      times.push(performance.now() - started);
    }
    const reached = median(times);
    return [
      {
        what: 'an edit by hand reaches an SSE client',
        larder: ms(reached),
        against: `slowest of ${EDITS}: ${ms(Math.max(...times))}`,
        ratio: '',
        bound: `at most ${BOUND_MS} ms`,
        holds: reached <= BOUND_MS,
      },
    ];
  } finally {
    ending.abort();
    await daemon.stop();
  }
}
