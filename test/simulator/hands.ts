/**
 * People and programs that save files: each habit is a row of single steps, between which anything may happen. They write on
 * the disk itself, past the process.
 */
import { digestOf, type Digest } from '../../src/core/digest.ts';
import { isAtOrBelow } from '../../src/core/paths-below.ts';
import { readFile } from '../../src/host/read-file.ts';
import { HABITS, MASS_HABITS, SCHEMA_HABITS, STREAM_HABITS, type Steps } from './habits.ts';
import type { Machine } from './machine.ts';
import type { Places } from './places.ts';
import { schemaText } from './schemas.ts';

interface Job {
  readonly name: string;
  readonly steps: Steps;
}

/** Bytes that were saved whole into a file that a write had taken out of the tree. */
export interface SavedAside {
  readonly path: string;
  readonly digest: Digest;
  /** Which file: a later save into it takes the place of an earlier one. */
  readonly file: string;
}

const MOST_JOBS = 3;

export class Hands {
  readonly #machine: Machine;
  readonly #places: Places;
  readonly #onTouched: (path: string) => void;
  readonly #texts: string[] = [];
  readonly savedAside: SavedAside[] = [];
  /**
   * Paths whose former file was written to after a write had taken it out of the tree, or whose directory was out of the tree for
   * a while: what was removed in it before may come back, because nobody could sync that directory where it lay.
   */
  readonly changedAside = new Set<string>();
  #jobs: Job[] = [];

  constructor(machine: Machine, places: Places, onTouched: (path: string) => void) {
    this.#machine = machine;
    this.#places = places;
    this.#onTouched = onTouched;
  }

  get isBusy(): boolean {
    return this.#jobs.length > 0;
  }

  /** The machine went off: whoever was saving has to begin anew. */
  stop(): void {
    this.#jobs = [];
  }

  begin(): void {
    if (this.#jobs.length >= MOST_JOBS) return this.go();
    const [habits, paths] = this.#chosen();
    const [name, habit] = this.#machine.pick(habits);
    const path = this.#machine.pick(paths);
    this.#machine.tell(`hand ${name} ${path}`);
    this.#jobs.push({ name: `${name} ${path}`, steps: habit(this, path) });
    this.go();
  }

  #chosen(): readonly [typeof HABITS, readonly string[]] {
    const { documents, stream, schema, masses } = this.#places;
    const dice = this.#machine.below(100);
    if (dice < 10) return [STREAM_HABITS, [stream]];
    if (dice < 16) return [SCHEMA_HABITS, [schema]];
    if (dice < 22 && masses.length > 0) return [MASS_HABITS, masses];
    return [HABITS, documents];
  }

  /** One step of one of them. */
  go(): void {
    const job = this.#jobs.length > 0 ? this.#machine.pick(this.#jobs) : undefined;
    if (!job) return;
    try {
      if (!job.steps.next().done) return;
    } catch (error) {
      this.#machine.tell(`  hand ${job.name} gives up: ${String(error)}`);
    }
    this.#jobs = this.#jobs.filter((one) => one !== job);
  }

  /** The collection that is large enough to be held is there from the beginning. */
  fill(): void {
    for (const path of this.#places.masses) this.renameOver(this.writeBeside(path, this.text(path)), path);
  }

  finish(): void {
    while (this.isBusy) this.go();
  }

  text(path: string): string {
    const number = this.#machine.next();
    if (path === this.#places.schema) return this.#machine.name(schemaText(this.#machine, number), `schema ${number}`);
    const pad = 'x'.repeat(this.#machine.pick([1, 7, 300, 700, 1800]));
    const text = `{"v": ${this.#machine.below(100)}, "n": ${number}, "pad": "${pad}"}\n`;
    this.#texts.push(text);
    return this.#machine.name(text, `text ${number}`);
  }

  #absolute(path: string): string {
    return this.#machine.at(path);
  }

  has(path: string): boolean {
    return this.#machine.disk.lstat(this.#absolute(path))?.kind === 'file';
  }

  /** Something changed there. */
  touched(path: string): void {
    this.#machine.observe(path, 'hand');
    this.#onTouched(path);
  }

  saved(path: string): void {
    this.touched(path);
    this.#machine.timeline.finish(path, this.#machine.nowMs);
    const now = this.#machine.timeline.current(path)?.digest ?? null;
    this.#machine.tell(`  hand saved ${path}: ${this.#machine.nameOf(now)}`);
  }

  makeDirectories(path: string): void {
    const names = path.split('/').slice(0, -1);
    for (let end = 1; end <= names.length; end += 1) {
      const directory = this.#absolute(names.slice(0, end).join('/'));
      if (!this.#machine.disk.lstat(directory)) this.#machine.disk.makeDirectory(directory);
    }
  }

  /** Opens the file that is there now, or a new one. */
  openInPlace(path: string): number {
    this.makeDirectories(path);
    const fd = this.#machine.disk.open(this.#absolute(path), this.has(path) ? 'read-write' : 'append-or-create');
    this.touched(path);
    return fd;
  }

  write(fd: number, path: string, bytes: Uint8Array, position: number): void {
    this.#change(fd, path, () => this.#machine.disk.write(fd, bytes, 0, bytes.length, position));
  }

  /** Behind what the file holds by then. */
  append(fd: number, path: string, bytes: Uint8Array): void {
    this.write(fd, path, bytes, this.#machine.disk.fstat(fd).size);
  }

  truncate(fd: number, path: string): void {
    this.#change(fd, path, () => this.#machine.disk.truncate(fd, 0));
  }

  #change(fd: number, path: string, change: () => void): void {
    const name = this.#nameOf(fd, path);
    // What this file was saved as ends by a hand, though the process had taken it out.
    const taken = name === null ? this.#bytesAside(fd) : null;
    if (taken) this.#machine.timeline.overwritten(path, digestOf(taken));
    change();
    if (name === null) this.changedAside.add(path);
    this.touched(name ?? path);
    this.#machine.timeline.adopt(name ?? path);
  }

  /** Where an open file lies by now; null when it is nowhere in the tree. */
  #nameOf(fd: number, path: string): string | null {
    const { disk } = this.#machine;
    const open = disk.fstat(fd);
    const isIt = (name: string): boolean => {
      const stat = disk.lstat(this.#absolute(name));
      return stat?.ino === open.ino && stat.birthtimeNs === open.birthtimeNs;
    };
    return isIt(path) ? path : (this.#machine.files().find(isIt) ?? null);
  }

  /** Ends a save through an open file, wherever that file is by now. */
  close(fd: number, path: string, text: string): void {
    const { disk } = this.#machine;
    const { ino, birthtimeNs } = disk.fstat(fd);
    const name = this.#nameOf(fd, path);
    // Somebody else may have written to it as well: what it holds counts.
    const taken = name === null ? this.#bytesAside(fd) : null;
    disk.close(fd);
    if (name !== null) return this.saved(name);
    this.#machine.tell(`  hand saved ${this.#machine.nameOf(digestOf(Buffer.from(text)))} into what was ${path}`);
    if (taken) this.savedAside.push({ path, digest: digestOf(taken), file: `${ino} ${birthtimeNs}` });
  }

  #bytesAside(fd: number): Uint8Array | null {
    const { disk } = this.#machine;
    const { ino, birthtimeNs, nlink } = disk.fstat(fd);
    const taken = nlink > 0 ? this.#takenOut(ino, birthtimeNs) : undefined;
    return taken === undefined ? null : readFile(disk, taken);
  }

  #takenOut(ino: bigint, birthtimeNs: bigint): string | undefined {
    const { disk, root } = this.#machine;
    const tmp = `${root}/.larder/tmp`;
    if (!disk.lstat(tmp)) return undefined;
    const files = disk.readDirectory(tmp).map(({ name }) => `${tmp}/${name}`);
    return files.find((file) => disk.lstat(file)?.ino === ino && disk.lstat(file)?.birthtimeNs === birthtimeNs);
  }

  writeBeside(path: string, text: string): string {
    const { disk } = this.#machine;
    this.makeDirectories(path);
    const beside = this.#absolute(`${path.slice(0, path.lastIndexOf('/'))}/.hand-${this.#machine.next()}.tmp`);
    const fd = disk.open(beside, 'create-new');
    const bytes = Buffer.from(text);
    disk.write(fd, bytes, 0, bytes.length, 0);
    if (this.#machine.maybe(0.4)) disk.fsyncSync(fd);
    disk.close(fd);
    return beside;
  }

  renameOver(from: string, path: string): void {
    this.#machine.disk.rename(from, this.#absolute(path));
    this.saved(path);
  }

  move(from: string, to: string): void {
    this.#machine.disk.rename(this.#absolute(from), this.#absolute(to));
    for (const path of [from, to]) this.saved(path);
  }

  moveDirectory(from: string, to: string): void {
    const names = this.#machine.files(from).map((path) => path.slice(from.length));
    this.#machine.disk.rename(this.#absolute(from), this.#absolute(to));
    this.#clearBelow(from);
    for (const name of names) for (const directory of [from, to]) this.saved(directory + name);
  }

  /** Whatever was to lie there now does not, also what a start was about to write again. */
  #clearBelow(directory: string): void {
    for (const path of [...this.#places.documents, ...this.#places.masses])
      if (path.startsWith(`${directory}/`)) this.#machine.timeline.clear(path, this.#machine.nowMs);
  }

  /** All documents of a collection that there were, there or not. */
  filesBeside(path: string): readonly string[] {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    return this.#places.masses.filter((one) => one.startsWith(directory));
  }

  maybe(likelihood: number): boolean {
    return this.#machine.maybe(likelihood);
  }

  /** Where nobody looks. */
  moveOut(directory: string): string {
    const away = `.away-${this.#machine.next()}`;
    const names = this.#machine.files(directory);
    this.#machine.disk.rename(this.#absolute(directory), this.#absolute(away));
    this.#clearBelow(directory);
    for (const path of names) this.saved(path);
    return away;
  }

  moveIn(away: string, directory: string): void {
    this.#machine.disk.rename(this.#absolute(away), this.#absolute(directory));
    for (const path of this.#machine.files(directory)) this.saved(path);
    for (const path of this.#machine.timeline.paths()) if (isAtOrBelow(path, directory)) this.changedAside.add(path);
  }

  remove(path: string): void {
    this.#machine.disk.unlink(this.#absolute(path));
    this.saved(path);
  }

  number(): number {
    return this.#machine.next();
  }

  otherPath(): string {
    return this.#machine.pick(this.#places.documents);
  }

  olderText(): string {
    return this.#texts.length > 0 ? this.#machine.pick(this.#texts) : this.text('');
  }

  olderTimes(path: string): void {
    this.#machine.disk.setTimes(this.#absolute(path), 0, this.#machine.nowMs - 86_400_000);
  }

  isDirectory(path: string): boolean {
    return this.#machine.disk.lstat(this.#absolute(path))?.kind === 'directory';
  }

  half(text: string): [Uint8Array, Uint8Array] {
    const bytes = Buffer.from(text);
    const cut = 1 + this.#machine.below(bytes.length - 1);
    return [bytes.subarray(0, cut), bytes.subarray(cut)];
  }

  /** Another text of the same length as what is there. */
  sameLength(path: string): string {
    const before = Buffer.from(readFile(this.#machine.disk, this.#absolute(path))).toString();
    const changed = before.replace(/"n": (\d+)/, (_, digits: string) => {
      const next = String(this.#machine.next()).padStart(digits.length, '1').slice(-digits.length);
      return `"n": ${next === digits ? '9'.repeat(digits.length) : next}`;
    });
    return this.#machine.name(changed, `a text as long as ${this.#machine.nameOf(digestOf(Buffer.from(before)))}`);
  }
}
