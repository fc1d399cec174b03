/** Durable writes, against a bare handler that makes its files durable too and keeps nothing else. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { atLeast, rounds, type Figure, type Setting } from './figures.ts';
import { openLoopDisk } from '../torture/loop-disk.ts';
import { canSlowSyncs, serve, type Served } from './programs.ts';

const here = dirname(fileURLToPath(import.meta.url));
const SECONDS = 4;
const DOCUMENTS = 1000;
const BULK = 10_000;
const FILLER = 'words of a document as long as most are, '.repeat(22);

let counter = 0;
/** About 1 KB, never the same twice. */
const nextBody = (): string => `${JSON.stringify({ name: `n${++counter}`, count: counter, text: FILLER }, null, 2)}\n`;

/** PUTs per second over some documents, half of them new at first. */
async function putRate({ url }: Served, connections: number): Promise<number> {
  const { requests, non2xx, errors } = await autocannon({
    url,
    connections,
    duration: SECONDS,
    requests: [
      {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => {
          const body = nextBody();
          return { ...request, path: `/v1/bench/puts/d${counter % DOCUMENTS}`, body };
        },
      },
    ],
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx} writes were refused, ${errors} failed`);
  return requests.average;
}

interface Servers extends AsyncDisposable {
  readonly larder: Served;
  readonly bare: Served;
}

/** What the documents lie on. */
interface Disk {
  readonly place: string;
  readonly syncDelayMs: number;
  /** Behind the names of what is measured on it. */
  readonly called: string;
}

/** Both on the same file system. */
async function openServers(daemon: string, { place, syncDelayMs }: Disk, name: string): Promise<Servers> {
  const [ours, theirs] = [join(place, `${name}-larder`), join(place, `${name}-bare`)];
  for (const root of [ours, theirs]) mkdirSync(root);
  const start = (port: number): string[] => ['start', '--init', '--root', ours, '--port', String(port)];
  const larder = await serve(daemon, start, '/readyz', { syncDelayMs });
  const bare = await serve(join(here, 'bare-writer.ts'), (port) => [theirs, String(port)], '/up', { syncDelayMs });
  return {
    larder,
    bare,
    async [Symbol.asyncDispose]() {
      await Promise.all([larder.stop(), bare.stop()]);
    },
  };
}

const BOUNDS: readonly (readonly [number, number])[] = [
  [1, 1.5],
  [8, 1.5],
  [32, 1],
];

const DISK_BYTES = 2 * 1024 * 1024 * 1024;
const JOURNALED = ', ext4 with a journal';
/** Of a solid-state disk without a capacitor; one that turns takes three times as long. */
const SYNC_DELAY_MS = 4;
const SLOW = `, each sync ${SYNC_DELAY_MS} ms longer`;

type Unmeasured = Pick<Figure, 'what' | 'bound'>;

/** On the file system of the temp directory, on one with a journal, and where a sync costs what it costs on most disks. */
async function onEach(
  { place }: Setting,
  named: readonly Unmeasured[],
  measureOn: (disk: Disk) => Promise<Figure[]>,
): Promise<Figure[]> {
  const figures = await measureOn({ place, syncDelayMs: 0, called: '' });
  using disk = openLoopDisk(DISK_BYTES);
  figures.push(
    ...(disk
      ? await measureOn({ place: disk.path, syncDelayMs: 0, called: JOURNALED })
      : skippedOn(JOURNALED, named, 'loop devices')),
    ...(canSlowSyncs()
      ? await measureOn({ place, syncDelayMs: SYNC_DELAY_MS, called: SLOW })
      : skippedOn(SLOW, named, 'strace')),
  );
  return figures;
}

const skippedOn = (disk: string, named: readonly Unmeasured[], needs: string): Figure[] =>
  named.map(({ what, bound }) => {
    return { what: `${what}${disk}`, bound, larder: `skipped: needs ${needs}`, against: '', ratio: '', holds: null };
  });

const putsBy = (connections: number): string =>
  `durable PUT, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;

export const puts = (setting: Setting): Promise<Figure[]> =>
  onEach(
    setting,
    BOUNDS.map(([connections, bound]) => ({ what: putsBy(connections), bound: `at least ${bound}` })),
    (disk) => putsOn(setting, disk),
  );

async function putsOn(setting: Setting, disk: Disk): Promise<Figure[]> {
  await using servers = await openServers(setting.daemon, disk, `puts${disk.syncDelayMs}`);
  const { larder, bare } = servers;
  await putRate(larder, 8);
  await putRate(bare, 8);
  const figures: Figure[] = [];
  for (const [connections, bound] of BOUNDS) {
    const measured = await rounds(
      setting.rounds,
      () => putRate(larder, connections),
      () => putRate(bare, connections),
    );
    figures.push(
      atLeast(bound, measured.ratio, {
        what: `${putsBy(connections)}${disk.called}`,
        larder: `${Math.round(measured.larder)}/s`,
        against: `${Math.round(measured.against)}/s (bare handler: temp, fsync, rename, fsync of the directory)`,
      }),
    );
  }
  return figures;
}

/** Documents per second of one request with 10,000 new documents. */
async function bulkRate({ url }: Served, round: number): Promise<number> {
  const lines = Array.from({ length: BULK }, (_, index) =>
    JSON.stringify({ op: 'put', id: `r${round}-${index}`, doc: JSON.parse(nextBody()) as unknown }),
  );
  const started = performance.now();
  const answer = await fetch(`${url}/v1/bench/bulk/_bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  const summary = (await answer.text()).trim().split('\n').at(-1) ?? '';
  const elapsedMs = performance.now() - started;
  if (!summary.includes(`"created":${BULK}`)) throw new Error(`not all were created: ${summary}`);
  return BULK / (elapsedMs / 1000);
}

const BULK_BOUND = 8;
const BULKS = '`_bulk` of 10,000 documents';

export const bulk = (setting: Setting): Promise<Figure[]> =>
  onEach(setting, [{ what: BULKS, bound: `at least ${BULK_BOUND}` }], (disk) => bulkOn(setting, disk));

async function bulkOn(setting: Setting, disk: Disk): Promise<Figure[]> {
  await using servers = await openServers(setting.daemon, disk, `bulk${disk.syncDelayMs}`);
  const { larder, bare } = servers;
  let round = 0;
  // Both are measured warm.
  await bulkRate(larder, ++round);
  await putRate(bare, 1);
  const measured = await rounds(
    setting.rounds,
    () => bulkRate(larder, ++round),
    () => putRate(bare, 1),
  );
  return [
    atLeast(BULK_BOUND, measured.ratio, {
      what: `${BULKS}${disk.called}`,
      larder: `${Math.round(measured.larder)}/s`,
      against: `${Math.round(measured.against)}/s (bare handler, one call after another)`,
    }),
  ];
}
