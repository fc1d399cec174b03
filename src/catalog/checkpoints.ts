/**
 * Checkpoints: copying the write-ahead log into the database, so that the log stays short. SQLite would sync both files on the
 * event loop, inside some commit; here the syncs are asynchronous, and only the copying, into the kernel's cache, is not:
 *
 *   pin a snapshot -> sync the log -> copy what the snapshot sees -> sync the database -> let the snapshot go
 *
 * The pinned snapshot keeps SQLite from copying frames that are not synced yet, and from overwriting the log before the
 * database is synced, while writers go on appending. Both are what SQLite promises to every reader (sqlite.org/wal.html).
 */
import type { FileSystem } from '../host/ports.ts';
import { CatalogError } from './catalog-error.ts';
import type { Connections } from './connections.ts';
import { decodeNumber } from './rows.ts';
import { prepareCommand, prepareQuery, type RawRow } from './sql.ts';

const SNAPSHOT = 'SELECT reached FROM state';
/** Copies nothing; answers busy, pages in the log, pages of these that were copied. */
const SIZES = 'PRAGMA wal_checkpoint(NOOP)';
const COPY = 'PRAGMA wal_checkpoint(PASSIVE)';

/** A checkpoint begins with this many pages of 4 KiB in the log: copying them takes some 4 ms. */
const BEGIN_PAGES = 1000;
/** From here on, applying waits for checkpoints, so that the log can start anew: 64 MiB. */
const WAIT_PAGES = 16_384;

export interface Checkpoints extends Disposable {
  /** The log is so long that writers should await `room` first. */
  isFull(): boolean;
  /** Begins a checkpoint when the log is long enough; called after each commit, outside any transaction. */
  begin(): void;
  /** Settles once the log can start anew. */
  room(): Promise<void>;
}

export interface CheckpointOptions {
  /** Absolute path of the database. */
  readonly path: string;
  readonly connections: Connections;
  readonly fs: FileSystem;
  /**
   * A sync failed. It is not repeated, because the kernel may have dropped the pages it could not write; the database serves
   * on, but must not be believed after a restart.
   */
  readonly onFailure: (error: unknown) => void;
}

interface LogSize {
  readonly pages: number;
  readonly copied: number;
}

const decodeSize = ([, pages, copied]: RawRow): LogSize => ({ pages: pages as number, copied: copied as number });

export function openCheckpoints({ path, connections, fs, onFailure }: CheckpointOptions): Checkpoints {
  const sizes = prepareQuery(connections.writer, SIZES, decodeSize);
  const round = openRound(path, connections, fs);
  let running: Promise<void> | null = null;
  let hasFailed = false;
  /** A failure that the database does not say of itself yet: the disk has no room for that either. */
  let unsaid: unknown = null;
  let wasFull = false;

  const size = (): LogSize => (hasFailed ? undefined : sizes.get()) ?? { pages: 0, copied: 0 };

  async function run(): Promise<void> {
    wasFull = false;
    try {
      await round.run();
    } catch (error) {
      // Without room nothing is lost: what was not copied is still in the log, and is copied by another round.
      wasFull = error instanceof CatalogError && error.failure === 'full';
      if (!wasFull) fail(error);
    } finally {
      running = null;
    }
  }

  function fail(error: unknown): void {
    hasFailed = true;
    unsaid = error;
    say();
  }

  function say(): void {
    if (unsaid === null || round.isClosed) return;
    try {
      onFailure(unsaid);
      unsaid = null;
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
    }
  }

  const checkpoints: Checkpoints = {
    isFull() {
      const { pages, copied } = size();
      return pages >= WAIT_PAGES && copied < pages;
    },
    begin() {
      say();
      const { pages, copied } = size();
      if (pages - copied >= BEGIN_PAGES) running ??= run();
    },
    async room() {
      while (!round.isClosed && checkpoints.isFull()) {
        await (running ??= run());
        // The next commit is told that the disk is full.
        if (wasFull) return;
      }
    },
    [Symbol.dispose]() {
      say();
      round[Symbol.dispose]();
    },
  };
  return checkpoints;
}

interface Round extends Disposable {
  readonly isClosed: boolean;
  run(): Promise<void>;
}

/** One checkpoint after another, with the descriptors that they sync. */
function openRound(path: string, { reader, pin }: Connections, fs: FileSystem): Round {
  const copy = prepareQuery(reader, COPY, decodeSize);
  const snapshot = prepareQuery(pin, SNAPSHOT, decodeNumber);
  const [hold, release] = [prepareCommand(pin, 'BEGIN'), prepareCommand(pin, 'COMMIT')];
  const descriptors = new Map<string, number>();
  let [isRunning, isClosed] = [false, false];

  const sync = (file: string): Promise<void> => {
    const fd = descriptors.get(file) ?? fs.open(file, 'read');
    descriptors.set(file, fd);
    return fs.fdatasync(fd);
  };

  async function copySynced(): Promise<void> {
    hold();
    snapshot.get();
    await sync(`${path}-wal`);
    if (isClosed) return;
    copy.get();
    await sync(path);
  }

  /** A descriptor is never closed under a sync that is still running on it. */
  function end(): void {
    isRunning = false;
    if (isClosed) for (const fd of descriptors.values()) fs.close(fd);
    else if (pin.inTransaction) release();
  }

  return {
    get isClosed() {
      return isClosed;
    },
    async run() {
      isRunning = true;
      try {
        await copySynced();
      } finally {
        end();
      }
    },
    [Symbol.dispose]() {
      isClosed = true;
      if (!isRunning) end();
    },
  };
}
