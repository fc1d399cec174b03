/** One simulated machine: its disk, its clock, its chance, and what happened on it so far. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { digestOf, type Digest } from '../../src/core/digest.ts';
import { simulatedClock, type SimulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem, type SimulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { seededBytes, seededChance, type Chance } from '../../src/host/simulated-random.ts';
import type { RandomBytes } from '../../src/host/ports.ts';
import { readFile } from '../../src/host/read-file.ts';
import { coarse } from './moments.ts';
import { Timeline, type By } from './timeline.ts';

/** Of a kernel that ticks 250 times a second, and of one that does 100 times. */
const TICK_NS = 4_000_000n;
const SLOW_TICK_NS = 10_000_000n;

export class Machine {
  readonly clock: SimulatedClock = simulatedClock();
  readonly timeline = new Timeline();
  readonly chance: Chance;
  readonly random: RandomBytes;
  /** A real directory too: what SQLite writes lies there, under the same path. */
  readonly root: string;
  /** In every second life large texts go to the blob store. */
  readonly bodyBytes: number;
  /** In two of three lives the log goes on in new segments. */
  readonly segmentBytes: number;
  /** In half of these the history is thinned. */
  readonly keepHistory: 'all' | 'staggered';
  /** Larger streams and files are not held. */
  readonly heldBytes: number | undefined;
  /** In every fifth life there is a collection whose documents vanish together. */
  readonly hasMasses: boolean;
  disk: SimulatedFileSystem;
  readonly story: string[] = [];
  /** Bytes of everything that was ever put into a file, for telling the story. */
  readonly #names = new Map<Digest, string>();
  readonly #bytes = new Map<Digest, Uint8Array>();
  #count = 0;

  constructor(seed: number, root: string, heldBytes?: number) {
    this.chance = seededChance(seed);
    this.random = seededBytes(seed + 0x5eed);
    this.root = root;
    this.bodyBytes = seed % 2 === 0 ? 1000 : Infinity;
    this.segmentBytes = seed % 3 === 2 ? Infinity : 5000;
    this.keepHistory = seed % 3 === 1 ? 'staggered' : 'all';
    this.heldBytes = heldBytes;
    this.hasMasses = seed % 5 === 4;
    rmSync(this.derived, { recursive: true, force: true });
    mkdirSync(this.derived, { recursive: true });
    this.disk = simulatedFileSystem({ clock: coarse(this.clock, seed % 4 === 3 ? SLOW_TICK_NS : TICK_NS) });
    for (const directory of parentsOf(root)) this.disk.makeDirectory(directory);
    for (const directory of ['/', ...parentsOf(root)]) this.disk.fsyncSync(this.disk.open(directory, 'directory'));
  }

  get derived(): string {
    return `${this.root}/.larder/derived`;
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  at(path: string): string {
    return `${this.root}/${path}`;
  }

  below(count: number): number {
    return Math.floor(this.chance() * count);
  }

  maybe(likelihood: number): boolean {
    return this.chance() < likelihood;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  tell(line: string): void {
    this.story.push(`${String(Math.round(this.clock.monotonicMs())).padStart(7)} ${line}`);
  }

  /** A number that no other text has. */
  next(): number {
    return (this.#count += 1);
  }

  name(text: string, name: string): string {
    this.#names.set(digestOf(Buffer.from(text)), name);
    return text;
  }

  nameOf(digest: Digest | null): string {
    return digest === null ? 'nothing' : (this.#names.get(digest) ?? digest.slice(0, 8));
  }

  digestAt(path: string): Digest | null {
    if (this.disk.lstat(this.at(path))?.kind !== 'file') return null;
    const bytes = readFile(this.disk, this.at(path));
    const digest = digestOf(bytes);
    this.#bytes.set(digest, bytes);
    return digest;
  }

  /** Bytes that were seen in the tree. */
  bytesOf(digest: Digest): Uint8Array {
    return this.#bytes.get(digest) ?? new Uint8Array();
  }

  observe(path: string, by: By): void {
    this.timeline.observe(path, this.digestAt(path), by, this.nowMs);
  }

  /** Every file of the tree that is ours to judge. */
  files(directory = '', ending = /\.jsonl?$/): string[] {
    return this.disk.readDirectory(directory === '' ? this.root : this.at(directory)).flatMap(({ name, kind }) => {
      if (name === null || name.startsWith('.')) return [];
      const path = directory === '' ? name : `${directory}/${name}`;
      return kind === 'directory' ? this.files(path, ending) : ending.test(name) ? [path] : [];
    });
  }

  /** The catalog's files as they are now. */
  keepCatalog(): ReadonlyMap<string, Buffer> {
    const files = ['catalog.sqlite', 'catalog.sqlite-wal'].map((name) => `${this.derived}/${name}`);
    return new Map(files.flatMap((file) => readIfThere(file).map((bytes) => [file, bytes] as const)));
  }

  loseCatalog(): void {
    rmSync(this.derived, { recursive: true, force: true });
    mkdirSync(this.derived, { recursive: true });
  }

  /** What a power cut leaves of them: a beginning of the write-ahead log, or nothing. */
  cutCatalog(kept: ReadonlyMap<string, Buffer>): void {
    const fate = this.pick(['all', 'beginning', 'beginning', 'nothing'] as const);
    if (fate === 'all') return;
    this.loseCatalog();
    this.tell(`  of the catalog survives ${fate}`);
    if (fate === 'nothing') return;
    for (const [file, bytes] of kept)
      writeFileSync(file, file.endsWith('-wal') ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes);
  }
}

function readIfThere(file: string): Buffer[] {
  try {
    return [readFileSync(file)];
  } catch {
    return [];
  }
}

const parentsOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((_, at, names) => `/${names.slice(0, at + 1).join('/')}`);
