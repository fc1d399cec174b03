/** What is measured, each against its bare limit. */
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { appends } from './appends.ts';
import { edits, patches } from './changes.ts';
import { atLeast, atMost, ms, rounds, type Figure, type Scenario, type Setting } from './figures.ts';
import { measure, residentMb, serve, threadsOf } from './programs.ts';
import { bulk, puts } from './writes.ts';

interface Opened {
  readonly ms: number;
  readonly documents: number;
}

const here = dirname(fileURLToPath(import.meta.url));

const forget = (tree: string): void => rmSync(join(tree, '.larder'), { recursive: true, force: true });

async function firstIndex({ tree, rounds: count, documents }: Setting): Promise<Figure[]> {
  const ours = async (): Promise<number> => {
    forget(tree);
    const opened = await measure<Opened>('open.ts', [tree]);
    if (opened.documents !== documents) throw new Error(`indexed ${opened.documents} of ${documents}`);
    return opened.ms;
  };
  const bare = async (): Promise<number> => (await measure<{ ms: number }>('bare.ts', ['index', tree])).ms;
  const { larder, against, ratio } = await rounds(count, ours, bare);
  return [
    atMost(1.9, ratio, {
      what: 'first index, ready with history',
      larder: ms(larder),
      against: `${ms(against)} (bare loop: read, parse, hash, SQLite with full text)`,
    }),
  ];
}

async function restart({ tree, rounds: count }: Setting): Promise<Figure[]> {
  await measure<Opened>('open.ts', [tree]);
  const ours = async (): Promise<number> => (await measure<Opened>('open.ts', [tree])).ms;
  const bare = async (): Promise<number> => (await measure<{ ms: number }>('bare.ts', ['walk', tree])).ms;
  const { larder, against, ratio } = await rounds(count, ours, bare);
  return [
    atMost(2, ratio, {
      what: 'restart with nothing changed, opening to ready',
      larder: ms(larder),
      against: `${ms(against)} (bare walk with lstat)`,
    }),
  ];
}

const CONNECTIONS = 8;
const SECONDS = 5;
const load = async (url: string): Promise<number> =>
  (await autocannon({ url, connections: CONNECTIONS, duration: SECONDS })).requests.average;

async function reads(setting: Setting): Promise<Figure[]> {
  const collection = join(setting.tree, 'bench', 'c0000');
  const [name = ''] = readdirSync(collection).filter((entry) => entry.endsWith('.json'));
  const path = `/v1/bench/c0000/${name.slice(0, -'.json'.length)}`;
  const daemon = await serve(
    setting.daemon,
    (port) => ['start', '--root', setting.tree, '--port', String(port)],
    '/readyz',
  );
  const bare = await serve(join(here, 'bare-route.ts'), (port) => [join(collection, name), String(port)], '/up');
  try {
    await Promise.all([load(daemon.url + path), load(bare.url + path)]);
    const { larder, against, ratio } = await rounds(
      setting.rounds,
      () => load(daemon.url + path),
      () => load(bare.url + path),
    );
    return [
      atLeast(0.6, ratio, {
        what: `GET of a document, ${CONNECTIONS} connections`,
        larder: `${Math.round(larder)}/s`,
        against: `${Math.round(against)}/s (bare Hono route)`,
      }),
    ];
  } finally {
    await Promise.all([daemon.stop(), bare.stop()]);
  }
}

const SETTLED_MS = 30_000;

async function memory(setting: Setting): Promise<Figure[]> {
  const tree = join(setting.place, 'memory');
  cpSync(setting.tree, tree, { recursive: true, filter: (from) => !from.includes('/.larder') });
  const daemon = await serve(setting.daemon, (port) => ['start', '--root', tree, '--port', String(port)], '/readyz');
  try {
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    const { pid = 0 } = daemon.child;
    const resident = residentMb(pid);
    return [
      {
        what: 'resident memory 30 s after ready (first index)',
        larder: `${resident} MB`,
        against: `${threadsOf(pid)} threads`,
        ratio: '',
        bound: 'at most 300 MB',
        holds: resident <= 300,
      },
    ];
  } finally {
    await daemon.stop();
    rmSync(tree, { recursive: true, force: true });
  }
}

async function verification({ tree, rounds: count }: Setting): Promise<Figure[]> {
  await measure<Opened>('open.ts', [tree]);
  const ours = async (): Promise<number> => (await measure<{ ms: number }>('verify.ts', [tree])).ms;
  const bare = async (): Promise<number> => (await measure<{ ms: number }>('bare.ts', ['hash', tree])).ms;
  const { larder, against, ratio } = await rounds(count, ours, bare);
  return [
    atMost(2, ratio, {
      what: 'verify of the whole root',
      larder: ms(larder),
      against: `${ms(against)} (reading and hashing all documents)`,
    }),
  ];
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  firstIndex,
  restart,
  verification,
  reads,
  puts,
  bulk,
  patches,
  edits,
  appends,
  memory,
};
