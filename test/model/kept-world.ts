/** A Larder and the hands that edit its files, driven step by step; what a command does to it, it does to the model too. */
import { mkdirSync, rmSync } from 'node:fs';
import { digestOf } from '../../src/core/digest.ts';
import type { FeedEvent, CurrentAnswer, WriteRequest, Written } from '../../src/core/requests.ts';
import { readFile } from '../../src/host/read-file.ts';
import type { Larder } from '../../src/larder-types.ts';
import type { Finding } from '../../src/maintain/verify/types.ts';
import { Process, type Sabotage } from '../simulator/process.ts';
import { settlementOf } from '../simulator/settlement.ts';
import type { Place } from './places.ts';

const COLLECTION = 'ns/c';
const me = { actor: 'model', cause: 'api' } as const;
const CALM = { meanwhile: () => {}, failure: () => null };
/** Of virtual time: far more than anything waits for. */
const LIMIT_MS = 120_000;

export const ref = (id: string): { collection: string; id: string } => ({ collection: COLLECTION, id });
export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export class KeptWorld {
  readonly place: Place;
  readonly told: FeedEvent[] = [];
  readonly #sabotage: Sabotage;
  #process: Process;

  private constructor(place: Place, sabotage: Sabotage) {
    this.place = place;
    this.#sabotage = sabotage;
    this.#process = new Process(place, CALM, sabotage, 0);
  }

  static async open(place: Place, sabotage: Sabotage = {}): Promise<KeptWorld> {
    const world = new KeptWorld(place, sabotage);
    await world.#started();
    return world;
  }

  get larder(): Larder {
    if (!this.#process.larder) throw new Error('it did not open');
    return this.#process.larder;
  }

  /** `kill` leaves everything as it is at this moment. */
  async restart(how: 'in order' | 'kill', meanwhile: () => void = () => {}): Promise<void> {
    this.follow();
    if (how === 'in order') await this.drive(this.larder[Symbol.asyncDispose]());
    await this.#process.bury();
    meanwhile();
    this.#process = new Process(this.place, CALM, this.#sabotage, 0);
    await this.#started();
  }

  async close(): Promise<void> {
    await this.drive(this.larder[Symbol.asyncDispose]());
    await this.#process.bury();
  }

  /** Lets a promise settle while time goes on. */
  async drive<T>(promise: PromiseLike<T>): Promise<T> {
    const settlement = settlementOf(promise);
    for (let spentMs = 0; !settlement.isThere; spentMs += 10) {
      if (spentMs > LIMIT_MS) throw new Error('it waits for ever');
      for (let turns = 0; turns < 12 && !settlement.isThere; turns += 1) await this.place.clock.yieldTurn();
      if (settlement.isThere) break;
      await this.place.idle();
      if (!settlement.isThere) await this.place.clock.advance(10);
    }
    return promise;
  }

  read(id: string): Promise<CurrentAnswer> {
    return this.drive(this.larder.read(ref(id)));
  }

  write(id: string, change: WriteRequest['change']): Promise<Written> {
    return this.drive(this.larder.write({ ref: ref(id), change }, me));
  }

  writeSet(changes: readonly { readonly id: string; readonly change: WriteRequest['change'] }[]): Promise<Written[]> {
    const requests = changes.map(({ id, change }) => ({ ref: ref(id), change }));
    const results = this.larder.writeAll(requests, me, { atomic: true });
    return this.drive(results).then((all) => all.flatMap((result) => (result.ok ? [result.written] : [])));
  }

  rescan(): Promise<void> {
    return this.drive(this.larder.rescan());
  }

  /** What a whole verification finds: files, heads, catalog, words and log held against each other. */
  async verified(): Promise<Finding[]> {
    const findings: Finding[] = [];
    await this.drive(this.larder.maintenance.verify({ finding: (one) => void findings.push(one), progress: () => {} }));
    return findings;
  }

  /** It is derived: nobody should notice. */
  forgetCatalog(): void {
    rmSync(this.place.derived, { recursive: true, force: true });
    mkdirSync(this.place.derived, { recursive: true });
  }

  /** Time in which nobody does anything. */
  pass(ms: number): Promise<void> {
    return this.place.clock.advance(ms);
  }

  /** The whole feed anew, as a follower hears it who knows nothing. */
  retell(): void {
    this.told.splice(0);
    this.follow();
  }

  follow(): void {
    const since = this.told.at(-1)?.seq ?? 0;
    const caughtUp = this.larder.changes({ kind: 'all' }, { since }, 10_000, null);
    if (caughtUp.kind === 'range') this.told.push(...caughtUp.events);
  }

  #at(id: string): string {
    return `${this.place.root}/${COLLECTION}/${id}.json`;
  }

  textOf(id: string): string | null {
    return this.place.disk.lstat(this.#at(id)) ? decode(readFile(this.place.disk, this.#at(id))) : null;
  }

  digestOf(id: string): string | null {
    const text = this.textOf(id);
    return text === null ? null : digestOf(encode(text));
  }

  ids(): string[] {
    const directory = `${this.place.root}/${COLLECTION}`;
    if (!this.place.disk.lstat(directory)) return [];
    return this.#idsBelow(directory, '');
  }

  #idsBelow(directory: string, prefix: string): string[] {
    return this.place.disk.readDirectory(directory).flatMap(({ name, kind }) => {
      if (name === null || name.startsWith('.')) return [];
      if (kind === 'directory') return this.#idsBelow(`${directory}/${name}`, `${prefix}${name}/`);
      return name.endsWith('.json') ? [`${prefix}${name.slice(0, -'.json'.length)}`] : [];
    });
  }

  saveInPlace(id: string, text: string): void {
    const { disk } = this.place;
    this.#makeDirectories(id);
    const fd = disk.open(this.#at(id), disk.lstat(this.#at(id)) ? 'read-write' : 'append-or-create');
    const bytes = encode(text);
    disk.truncate(fd, 0);
    disk.write(fd, bytes, 0, bytes.length, 0);
    disk.close(fd);
  }

  saveByRename(id: string, text: string): void {
    const { disk } = this.place;
    this.#makeDirectories(id);
    const beside = `${this.place.root}/${COLLECTION}/.saving`;
    const fd = disk.open(beside, 'append-or-create');
    const bytes = encode(text);
    disk.write(fd, bytes, 0, bytes.length, 0);
    disk.close(fd);
    disk.rename(beside, this.#at(id));
  }

  /** As `cp -p` and rsync do: the times of long ago. */
  makeOld(id: string): void {
    this.place.disk.setTimes(this.#at(id), 0, this.place.clock.nowMs() - 86_400_000);
  }

  remove(id: string): void {
    this.place.disk.unlink(this.#at(id));
  }

  rename(from: string, to: string): void {
    this.#makeDirectories(to);
    this.place.disk.rename(this.#at(from), this.#at(to));
  }

  #makeDirectories(id: string): void {
    const { disk, root } = this.place;
    const names = `${COLLECTION}/${id}`.split('/').slice(0, -1);
    for (let end = 1; end <= names.length; end += 1) {
      const directory = `${root}/${names.slice(0, end).join('/')}`;
      if (!disk.lstat(directory)) disk.makeDirectory(directory);
    }
  }

  async #started(): Promise<void> {
    while (!this.#process.larder && this.#process.failure === null) await this.place.idle();
    if (this.#process.failure !== null) throw this.#process.failure;
    await this.drive(this.larder.ready);
  }
}
