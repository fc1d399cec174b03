/** Makes the reconciler of an open root from its parts. The knots (who looks again, who is told) are tied here. */
import { openBlobStore } from '../blobs/blob-store.ts';
import { digestOf } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import { probeSwap } from '../files/probe-swap.ts';
import { Spares } from '../files/spares.ts';
import type { OpenOptions, Parts } from '../larder.ts';
import { Reconciler } from '../reconciler.ts';
import { AbsenceLedger } from '../reconciler/absences.ts';
import { ActiveStreams } from '../reconciler/active-streams.ts';
import { Checkpoints } from '../reconciler/checkpoints.ts';
import { ConflictLedger } from '../reconciler/conflicts.ts';
import { Displaced } from '../reconciler/displaced.ts';
import { LARGEST_BODY_BYTES } from '../reconciler/drafts.ts';
import { Placements } from '../reconciler/placements.ts';
import { Restores } from '../reconciler/restores.ts';
import { LARGEST_DOCUMENT_BYTES } from '../reconciler/observe.ts';
import { openBacklog } from '../reconciler/open-backlog.ts';
import { checkReach, openOutOfReach } from '../reconciler/out-of-reach.ts';
import { Pendings } from '../reconciler/pendings.ts';
import { Recorder } from '../reconciler/recorder.ts';
import { renew } from '../reconciler/renew.ts';
import { rescue } from '../reconciler/rescue.ts';
import { SchemaBook } from '../reconciler/schema-book.ts';
import { compileInTime } from '../reconciler/compile-safely.ts';
import type { Log, World } from '../reconciler/world.ts';
import { KeyedQueue } from '../util/keyed-queue.ts';

export interface Wired {
  readonly world: World;
  readonly reconciler: Reconciler;
  readonly cursorKey: Uint8Array;
  readonly log: Log;
  /** Set by whoever caches answers. */
  readonly marks: Marks;
}

interface Marks {
  onMarked: (path: string) => void;
}

/** What knows the world as a whole, although the world holds it: asked only once all is made. */
interface Knots {
  readonly world: () => World;
  readonly reconciler: () => Reconciler;
  readonly marks: Marks;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export function wire(parts: Parts, options: OpenOptions): Wired {
  const marks: Marks = { onMarked: () => {} };
  const knots: Knots = { world: () => world, reconciler: () => reconciler, marks };
  const tools = toolsOf(parts, options);
  const pieces: World = { ...tools, ...stateOf(tools, knots), ...backgroundOf(tools, knots) };
  const world = parts.host.world?.(pieces) ?? pieces;
  const reconciler = new Reconciler(world);
  const cursorKey = Buffer.from(digestOf(Buffer.from(`cursors ${parts.events.id}`)), 'hex');
  return { world, reconciler, cursorKey, log: tools.log, marks };
}

/** The parts and what works on them without knowing the rest. */
function toolsOf({ root, host, events, catalog, bulk }: Parts, options: OpenOptions) {
  const { fs, clock, random } = host;
  const without = new Set(host.without);
  const blobs = openBlobStore({ fs, clock, directory: root.blobs, random });
  const swap = probeSwap({ fs, random, tmp: root.tmp });
  return {
    fs,
    clock,
    random,
    root: root.path,
    rootDevice: root.device,
    rootInode: root.inode,
    tmp: root.tmp,
    spares: new Spares({ fs, clock, openNameless: bulk.openNameless }),
    events,
    durability: options.durability ?? 'sync',
    catalog,
    blobs,
    bodyBytes: host.bodyBytes ?? LARGEST_BODY_BYTES,
    heldBytes: host.heldBytes ?? LARGEST_DOCUMENT_BYTES,
    bulk,
    recorder: new Recorder({
      log: events,
      catalog,
      blobs,
      aborts: !without.has('abort'),
      retryDelay: () => new Promise((resolve) => void clock.after(500, resolve)),
    }),
    log: options.log ?? silent,
    swap: without.has('exchange') ? { ...swap, exchange: false } : swap,
    without,
    tryCompile: host.inThread === true ? async () => ({ kind: 'done' as const, answer: undefined }) : compileInTime,
  } satisfies Partial<World>;
}

type Tools = ReturnType<typeof toolsOf>;

/** What is known in memory alone, empty at first. */
function stateOf(tools: Tools, { reconciler, marks }: Knots) {
  const { clock } = tools;
  const lookAgain = (paths: readonly string[]): void => reconciler().lookAgain(paths);
  return {
    queues: new KeyedQueue(),
    pendings: new Pendings(clock, lookAgain),
    schemas: new SchemaBook(),
    absences: new AbsenceLedger(),
    outOfReach: openOutOfReach(tools, (reason) => reconciler().rescanSoon(reason)),
    restores: new Restores(),
    streams: new ActiveStreams(clock, lookAgain),
    conflicts: new ConflictLedger(),
    placements: new Placements(clock),
    firstIndex: null,
    lookAgain,
    onMarked: (path: string) => marks.onMarked(path),
  } satisfies Partial<World>;
}

/** What works on after an answer: displaced files, syncs and checkpoints, frames that the disk did not take. */
function backgroundOf(tools: Tools, { world, reconciler, marks }: Knots) {
  const { fs, clock, events, root, log } = tools;
  const onFailure = (error: unknown): void => {
    // What has a code is known, said where it is looked for, and done once it can be: a root that is away, first of all.
    if (error instanceof LarderError) log.warn({ code: error.code }, `background work waits: ${error.message}`);
    else log.error({ err: error }, 'background work failed');
  };
  const keep = async (file: string, path: string): Promise<void> => {
    await rescue(world(), file, path);
    marks.onMarked(path);
  };
  const displaced = new Displaced({ fs, clock, leave: tools.bulk.leave, rescue: keep, onFailure });
  const backlog = openBacklog(clock, world, (reason) => reconciler().rescanSoon(reason));
  const checkpoints = new Checkpoints({
    fs,
    clock,
    events,
    root,
    checkReach: (directory, stat) => checkReach(tools, directory, stat),
    settledUpTo: () => Math.min(displaced.settledUpTo, backlog.settledUpTo),
    renew: (path) => renew(world(), path),
    onFailure,
  });
  return { displaced, backlog, checkpoints } satisfies Partial<World>;
}
