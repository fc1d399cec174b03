/** The durable side of appending: what is synced, the segment that grows, and taking back what was not. */
import { dirname } from 'node:path/posix';
import type { Seq } from '../core/events.ts';
import { attempt, makeDirectoriesDurably, publish, writeTemporary } from '../host/durable-files.ts';
import type { Clock, FileSystem } from '../host/ports.ts';
import { checkIdentity, writeIdentity } from './log-identity.ts';
import type { LogIdentity } from './log-identity.ts';
import { frameOnDisk } from './log-plan.ts';
import type { PlannedFrame, PlannedSegment } from './log-plan.ts';
import type { Position } from './position.ts';
import { SegmentFile } from './segment-file.ts';
import type { Durability } from './types.ts';

export interface SinkOptions {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly directory: string;
  readonly durability: Durability;
  readonly aheadBytes: number;
}

export interface SinkStart {
  readonly identity: LogIdentity;
  /** Whether the identity on disk is this one already. */
  readonly isIdentityWritten: boolean;
  /** Log id of the identity that lies there; null where there is none. */
  readonly logOnDisk: string | null;
  readonly position: Position;
  /** The segment that goes on; null when the next frame has to begin a new one. */
  readonly segment: Seq | null;
  readonly file: SegmentFile | null;
  readonly highestName: Seq;
}

/** How far the last `store` came: what may lie in the file without being synced. */
type Stage = 'untouched' | 'writing' | 'syncing';

export class SegmentSink {
  readonly #options: SinkOptions;
  #identity: LogIdentity;
  #isIdentityWritten: boolean;
  #logOnDisk: string | null;
  #writing: Promise<void> = Promise.resolve();
  #position: Position;
  #segment: Seq | null;
  #file: SegmentFile | null;
  #stage: Stage = 'untouched';
  #highestName: Seq;

  constructor(options: SinkOptions, start: SinkStart) {
    this.#options = options;
    this.#identity = start.identity;
    this.#isIdentityWritten = start.isIdentityWritten;
    this.#logOnDisk = start.logOnDisk;
    this.#position = start.position;
    this.#segment = start.segment;
    this.#file = start.file;
    this.#highestName = start.highestName;
  }

  /** All up to here is durable. */
  get position(): Position {
    return this.#position;
  }

  get segment(): Seq | null {
    return this.#segment;
  }

  /** No segment that was ever begun has a higher first seq, not even one whose beginning failed. */
  get highestName(): Seq {
    return this.#highestName;
  }

  /** How often each segment was replaced, by first seq. */
  get replaced(): LogIdentity['replaced'] {
    return this.#identity.replaced;
  }

  /** Says, durably and before it is done, that the bodies of a segment are about to lie elsewhere. */
  async noteReplacing(first: Seq): Promise<void> {
    const { replaced } = this.#identity;
    await this.#write({ replaced: { ...replaced, [first]: (replaced[first] ?? 0) + 1 } });
  }

  get clockLeftMs(): number | null {
    return this.#identity.clockLeft;
  }

  /** Durably. Before the first frame there is nothing that a clock could make old. */
  async noteClockLeft(ms: number | null): Promise<void> {
    if (this.#isIdentityWritten) await this.#write({ clockLeft: ms });
  }

  /** Seqs that a frame of a later segment than their own took back. */
  get abortedElsewhere(): readonly Seq[] {
    return this.#identity.aborted;
  }

  /** Throws where something moved the log, or put another in its place: what was written there would be the other's. */
  checkPlace(): void {
    const { fs, directory } = this.#options;
    if (this.#file) this.#file.checkPlace(this.#position);
    else checkIdentity(fs, directory, this.#logOnDisk);
  }

  /** Writes and syncs, a new segment first if one is given. After a failure `takeBack` must be called. */
  async store(segment: PlannedSegment | null, frames: readonly PlannedFrame[]): Promise<void> {
    this.#stage = 'untouched';
    this.checkPlace();
    await this.#describe(frames.flatMap((frame) => frame.abortedElsewhere));
    if (segment) await this.#begin(segment);
    const last = frames.at(-1);
    if (!last || !this.#file) return;
    this.#stage = 'writing';
    const group = this.#position.frames + 1;
    await this.#file.write(
      this.#position.offset,
      frames.flatMap((frame) => frameOnDisk(frame, group)),
    );
    this.#stage = 'syncing';
    if (this.#options.durability === 'sync' || frames.some(isSettling)) await this.#file.sync();
    this.#position = last.after;
  }

  /** Makes durable that what the failed `store` wrote is not there. False when the disk refuses. */
  async takeBack(): Promise<boolean> {
    const file = this.#file;
    const { offset } = this.#position;
    if (this.#stage === 'untouched' || !file) return true;
    if (this.#stage === 'writing' && (await succeeds(file.cut(offset)))) return true;
    const isCut = await succeeds(file.cutAnew(offset));
    this.#leave(file);
    return isCut;
  }

  /** Cuts the zeros off and closes. */
  async seal(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    await succeeds(file.cut(this.#position.offset));
    this.#leave(file);
  }

  close(): void {
    if (this.#file) this.#leave(this.#file);
  }

  #leave(file: SegmentFile): void {
    file.close();
    this.#file = null;
    this.#segment = null;
  }

  async #describe(abortedElsewhere: readonly Seq[]): Promise<void> {
    const { fs, directory } = this.#options;
    if (this.#isIdentityWritten && abortedElsewhere.length === 0) return;
    if (!this.#isIdentityWritten) await makeDirectoriesDurably(fs, dirname(dirname(directory)), directory, 0o700);
    await this.#write({ aborted: [...this.#identity.aborted, ...abortedElsewhere] });
  }

  /** One after the other, because the file is replaced whole. */
  #write(change: Partial<LogIdentity>): Promise<void> {
    const written = this.#writeAfter(this.#writing, change);
    this.#writing = written.catch(() => {});
    return written;
  }

  async #writeAfter(before: Promise<void>, change: Partial<LogIdentity>): Promise<void> {
    const { fs, directory } = this.#options;
    await before;
    const identity = { ...this.#identity, ...change };
    await writeIdentity(fs, directory, identity, () => this.checkPlace());
    this.#identity = identity;
    this.#logOnDisk = identity.log;
    this.#isIdentityWritten = true;
  }

  async #begin(segment: PlannedSegment): Promise<void> {
    const { fs, clock, aheadBytes } = this.#options;
    await this.seal();
    const { path, image, first } = segment;
    const file = { path, temporary: `${path}.tmp`, permissions: 0o600 };
    attempt(() => fs.unlink(file.temporary));
    const fd = await writeTemporary(fs, file, image);
    this.#highestName = first;
    await publish(fs, fd, file, () => this.checkPlace());
    this.#file = new SegmentFile({ fs, clock, aheadBytes, path, fd, fileBytes: image.length });
    this.#segment = first;
    this.#position = segment.start;
  }
}

/** Under `durability: os` these alone are synced; a reader may count on what lies before them. */
const isSettling = (frame: PlannedFrame): boolean => frame.kind === 'checkpoint' || frame.kind === 'clean';

const succeeds = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
