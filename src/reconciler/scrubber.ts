/**
 * Reads the tree once in thirty days, a little at a time while nothing else happens, because a disk does not say what it lost.
 * What is read is held against the disk heads; where it differs the path is settled, and the pipeline says whether it is rot
 * or an edit that nobody noticed (core/decision.ts).
 *
 *     every minute --busy--> 5 s later, a dozen times at most --> some files --> position remembered
 */
import { LarderError } from '../core/errors.ts';
import type { Timer } from '../host/ports.ts';
import { attempt, writeAll } from '../host/durable-files.ts';
import { readFile } from '../host/read-file.ts';
import { beginsAsRecorded, isRecordedStream } from './growing-streams.ts';
import { settle } from './settle.ts';
import type { World } from './world.ts';

const ROUND_MS = 30 * 24 * 3600 * 1000;
const EVERY_MS = 60_000;
const WHEN_BUSY_MS = 5000;
const MOST_DELAYS = 12;
/** Files of one step, and of a step that makes up for a time in which the daemon did not run. */
const MOST_FILES = 500;

export interface ScrubReport {
  readonly looked: number;
  /** Paths whose bytes were not the recorded ones; they were settled. */
  readonly different: number;
  /** Where the next step begins; '' for a new round. */
  readonly next: string;
}

export class Scrubber {
  readonly #world: World;
  readonly #file: string;
  #after: string;
  /** Files that are due; a fraction in small trees. */
  #due = 0;
  #delays = 0;
  #seq = 0;
  #timer: Timer | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** `directory`: where the position is remembered; derived, because losing it costs a round, no more. */
  constructor(world: World, directory: string) {
    this.#world = world;
    this.#file = `${directory}/scrub`;
    this.#after = rememberedIn(world, this.#file);
  }

  start(): void {
    this.#arm(EVERY_MS);
  }

  /** Hashes the next files of the round. Never two at once. */
  step(most: number): Promise<ScrubReport> {
    const step = this.#running.then(() => this.#step(most));
    this.#running = step.catch(() => {});
    return step;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #arm(inMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#world.clock.after(inMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    if (this.#isBusy()) return this.#arm(WHEN_BUSY_MS);
    try {
      const files = this.#world.catalog.countPresentBelow('');
      this.#due = Math.min(MOST_FILES, this.#due + (files * EVERY_MS) / ROUND_MS);
      const most = Math.floor(this.#due);
      this.#due -= most;
      if (most > 0) await this.step(most);
    } catch (error) {
      this.#world.log.warn({ err: error }, 'files could not be read again to see whether they are whole');
    }
    this.#arm(EVERY_MS);
  }

  /** Somebody wrote since the last look; a tree that is never at rest is read all the same. */
  #isBusy(): boolean {
    const { announcedSeq } = this.#world.recorder;
    const isBusy = announcedSeq !== this.#seq && this.#delays < MOST_DELAYS;
    this.#seq = announcedSeq;
    this.#delays = isBusy ? this.#delays + 1 : 0;
    return isBusy;
  }

  async #step(most: number): Promise<ScrubReport> {
    if (this.#isClosed) throw new LarderError('stopping', 'the root is being closed');
    const world = this.#world;
    const paths = world.catalog.presentAfter(this.#after, most);
    const streams = new Set(paths.filter((path) => isRecordedStream(world, path)));
    const others = await this.#differing(paths.filter((path) => !streams.has(path)));
    if (others.length > 0) await settle(world, others);
    const edited = await this.#edited(streams);
    if (edited.length > 0) await settle(world, edited, { whole: 'all' });
    this.#after = paths.length < most ? '' : (paths.at(-1) ?? '');
    this.#remember();
    return { looked: paths.length, different: others.length + edited.length, next: this.#after };
  }

  /** Streams may go on growing while they are read. */
  async #edited(streams: Iterable<string>): Promise<string[]> {
    const edited: string[] = [];
    for (const path of streams) if (!(await beginsAsRecorded(this.#world, path))) edited.push(path);
    return edited;
  }

  async #differing(paths: readonly string[]): Promise<string[]> {
    if (paths.length === 0) return [];
    const { bulk, catalog, pendings } = this.#world;
    const hashed = await bulk.digests(paths);
    return paths.filter((path, index) => {
      const digest = hashed[index]?.digest ?? null;
      return digest !== null && digest !== catalog.head(path)?.diskDigest && pendings.get(path) === undefined;
    });
  }

  /** Not synced: an old position only makes the round longer. */
  #remember(): void {
    const { fs } = this.#world;
    const temporary = `${this.#file}.tmp`;
    attempt(() => {
      attempt(() => fs.unlink(temporary));
      const fd = fs.open(temporary, 'create-new', 0o600);
      try {
        writeAll(fs, fd, Buffer.from(this.#after), 0);
      } finally {
        fs.close(fd);
      }
      fs.rename(temporary, this.#file);
    });
  }
}

function rememberedIn({ fs }: World, file: string): string {
  try {
    return Buffer.from(readFile(fs, file)).toString('utf8');
  } catch {
    return '';
  }
}
