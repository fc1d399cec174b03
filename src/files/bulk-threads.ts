import type { HeavyResult, HeavyWork } from '../core/heavy-work.ts';
import type { Clock } from '../host/ports.ts';
import type { BulkReader, SchemaTexts } from './bulk.ts';
import type { BulkReplies, BulkReply, BulkRequest, BulkWorkerStart } from './bulk-requests.ts';
import { examineWhole } from './examine-batch.ts';
import { fromExaminedColumns } from './examined-columns.ts';
import { hashAll } from './hash-batch.ts';
import { hashing } from './hash-directory.ts';
import { fromListingColumns } from './listing-columns.ts';
import { nodeFileSystem } from '../host/node-file-system.ts';
import { paceOf } from '../host/pace.ts';
import { openElsewhere } from './spares.ts';
import { pack, stagedTemps } from './stage-batch.ts';
import { walkTree } from './tree-walk.ts';
import type { DirectoryListing } from './types.ts';
import { directoriesIn, LISTED_AT_ONCE } from './walk.ts';
import { WorkerPool } from './worker-pool.ts';

export interface BulkThreadsOptions extends BulkWorkerStart {
  readonly clock: Clock;
  /** `.larder/tmp` (absolute), where files may be written here too. */
  readonly tmp?: string | undefined;
  /** Threads that examine; one more is started for files too large to be held. */
  readonly workers?: number;
  /** Threads end when there was no work for so long. */
  readonly idleMs?: number;
}

const IDLE_MS = 5000;
const WORKERS = 1;

/** From a checkout the worker is the TypeScript source, from the package what was built of it. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './bulk-worker.ts' : './bulk-worker.js', import.meta.url);

type Pool = WorkerPool<BulkRequest, BulkReply>;

interface Threads {
  readonly ask: ReturnType<typeof askOf>;
  readonly pool: Pool;
  /** Reading gigabytes must not hold up those who wait for a kilobyte. */
  readonly slowPool: Pool;
  /** A walk is nothing but lstat: two threads halve the time of a restart. */
  readonly listPool: Pool;
  /** One of the two that list, in turns. */
  readonly either: () => Pool;
}

/** Does the work in threads of its own. They start at the first call. */
export function openBulkThreads(options: BulkThreadsOptions): BulkReader {
  const threads = openThreads(options);
  const { ask, pool, slowPool, listPool } = threads;
  return {
    warmUp() {
      for (const one of [pool, listPool]) void ask(one, 'list', () => ({ paths: [] })).catch(() => {});
    },
    ...listing(threads, options.clock),
    ...judging(threads),
    hash: hashWith(threads),
    beginning: (path, beginning) => ask(slowPool, 'beginning', () => ({ path, beginning })),
    growth: (path, before) => ask(slowPool, 'growth', () => ({ path, before })),
    ...(options.tmp !== undefined && writing(threads, options.tmp)),
    async [Symbol.asyncDispose]() {
      await Promise.all([pool, slowPool, listPool].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

function openThreads(options: BulkThreadsOptions): Threads {
  const { root, rootDevice, rootInode, clock, idleMs = IDLE_MS, workers = WORKERS } = options;
  const openPool = (most: number): Pool =>
    new WorkerPool({ script: SCRIPT, start: { root, rootDevice, rootInode }, most, idleMs, clock });
  const [pool, slowPool, listPool] = [openPool(workers), openPool(1), openPool(1)];
  let turn = 0;
  return { ask: askOf(clock), pool, slowPool, listPool, either: () => (turn++ % 2 === 0 ? pool : listPool) };
}

const hashWith =
  ({ ask, slowPool }: Threads): BulkReader['hash'] =>
  (path) =>
    ask(slowPool, 'hash', () => ({ path }));

function listing({ ask, either }: Threads, clock: Clock): Pick<BulkReader, 'walk' | 'hashed' | 'pieces' | 'texts'> {
  const list = async (paths: readonly string[]): Promise<DirectoryListing[]> => {
    const pace = paceOf(clock);
    const listings: DirectoryListing[] = [];
    for (const columns of await ask(either(), 'list', () => ({ paths })))
      listings.push(await fromListingColumns(columns, pace));
    return listings;
  };
  const hashDirectories = (paths: readonly string[]) => ask(either(), 'hash-directories', () => ({ paths }));
  return {
    walk: (from) => walkTree({ list, directoriesIn, atOnce: LISTED_AT_ONCE }, from),
    hashed: (from) => walkTree({ ...hashing, list: hashDirectories }, from),
    pieces: (pieces) => ask(either(), 'pieces', () => ({ pieces })),
    texts: (texts) => ask(either(), 'texts', () => ({ texts })),
  };
}

function judging(threads: Threads): Pick<BulkReader, 'examine' | 'digests' | 'edit' | 'merge' | 'work'> {
  const { ask, pool } = threads;
  const hash = hashWith(threads);
  return {
    examine(paths, schemas, digests = new Map()) {
      const askForSome = async (some: readonly string[]) =>
        fromExaminedColumns(
          await ask(pool, 'examine', (known) => ({ paths: some, known: digests, ...unknownTo(known, schemas) })),
          some,
        );
      return examineWhole(paths, askForSome, hash);
    },
    digests: async (paths) => hashAll(paths, await ask(pool, 'digests', () => ({ paths })), hash),
    edit(path, change, current, schemas) {
      const sent = { path, change: { ...change, body: alone(change.body) }, current: current && alone(current) };
      return ask(pool, 'edit', (known) => ({ ...sent, ...unknownTo(known, schemas) }));
    },
    merge(path, change, base, current, schemas) {
      const sent = {
        path,
        change: { ...change, body: alone(change.body) },
        base: alone(base),
        current: current && alone(current),
      };
      return ask(pool, 'merge', (known) => ({ ...sent, ...unknownTo(known, schemas) }));
    },
    work: async <Name extends keyof HeavyWork>(name: Name, args: Parameters<HeavyWork[Name]>) =>
      (await ask(pool, 'work', () => ({ name, args }))) as HeavyResult<Name>,
  };
}

/** Beside the worker that examines what comes next. */
const writing = (
  { ask, pool, listPool }: Threads,
  tmp: string,
): Required<Pick<BulkReader, 'stage' | 'name' | 'openNameless' | 'leave'>> => ({
  stage: async (files) => stagedTemps(await ask(listPool, 'stage', () => ({ tmp, packed: pack(files) }))),
  // Beside the one that writes what comes next.
  name: (names) => ask(pool, 'name', () => ({ names })),
  openNameless: (count, permissions) =>
    openElsewhere(nodeFileSystem, count, (next) =>
      ask(listPool, 'open-nameless', () => ({ tmp, permissions, opened: next() })),
    ),
  leave: (files) => ask(pool, 'leave', () => ({ files })),
});

type Fields<Kind> = Omit<Extract<BulkRequest, { do: Kind }>, 'do'>;

/**
 * A worker answers a request with the reply of its kind, which the type of messages cannot say. What follows from a reply has
 * a turn of its own: Node delivers all messages that have come in one go.
 */
const askOf =
  (clock: Clock) =>
  async <Kind extends BulkRequest['do']>(
    pool: Pool,
    kind: Kind,
    fields: (known: Set<string>) => Fields<Kind>,
  ): Promise<BulkReplies[Kind]> => {
    const reply = await pool.ask((known) => ({ do: kind, ...fields(known) }) as unknown as BulkRequest);
    await clock.yieldTurn();
    return reply as BulkReplies[Kind];
  };

/** A part of a buffer travels with the whole of it. */
const alone = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);

function unknownTo(
  known: Set<string>,
  schemas: SchemaTexts,
): Pick<Extract<BulkRequest, { do: 'edit' }>, 'inForce' | 'texts'> {
  const unknown = [...schemas.values()].filter(({ digest }) => !known.has(digest));
  for (const { digest } of unknown) known.add(digest);
  return {
    inForce: new Map([...schemas].map(([collection, { digest }]) => [collection, digest])),
    texts: new Map(unknown.map(({ digest, text }) => [digest, text])),
  };
}
