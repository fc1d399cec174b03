/** An open Larder over a switched disk, which survives the death of its process, and what its documents must be. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import type { FeedEvent, WriteRequest } from '../../src/core/requests.ts';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { systemRandom } from '../../src/host/system-random.ts';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder, type OpenOptions } from '../../src/larder.ts';
import { fastDirectory, patientClock, switchedDisk, type PatientClock, type SwitchedDisk } from './switched-disk.ts';

type Without = NonNullable<OpenOptions['host']>['without'];

export const me = { actor: 'test', cause: 'api' } as const;
export const ref = (id: string): WriteRequest['ref'] => ({ collection: 'lod/things', id });
export const put = (id: string, value: string): WriteRequest => ({
  ref: ref(id),
  change: { op: 'put', body: Buffer.from(JSON.stringify({ value })) },
});

/** What a document is: its value, or null where there is none. */
export type Value = string | null;

export class Store implements AsyncDisposable {
  readonly disk: SwitchedDisk = switchedDisk();
  readonly clock: PatientClock = patientClock();
  readonly root: string;
  readonly #directory = fastDirectory();
  readonly #without: Without;
  #larder: Larder | null = null;

  constructor(without: Without = []) {
    this.#without = without;
    this.root = this.#directory.path;
  }

  static async open(without?: Without): Promise<Store> {
    const store = new Store(without);
    await store.start();
    return store;
  }

  get larder(): Larder {
    if (!this.#larder) throw new Error('it is not open');
    return this.#larder;
  }

  async start(plan: readonly Fault[] = []): Promise<void> {
    this.disk.give(plan);
    const { fs } = this.disk;
    const host = { fs, clock: this.clock, random: systemRandom, inThread: true, without: this.#without ?? [] };
    this.#larder = await openLarder({ root: this.root, watcher: 'none', host });
    await this.#larder.ready;
  }

  async stop(): Promise<void> {
    await this.#larder?.[Symbol.asyncDispose]();
    this.#larder = null;
  }

  /** Nothing the process would still do reaches the disk; another process opens what is there. */
  async dieAndStart(plan: readonly Fault[] = []): Promise<void> {
    this.disk.give([]).die();
    await this.stop().catch(() => {});
    await this.start(plan);
  }

  /** Waits until nothing is owed to the disk any more. */
  async settle(): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      await this.pass();
      if (this.larder.readiness().reasons.every((reason) => reason === 'no-atomic-exchange')) return;
    }
    throw new Error(`it does not settle: ${this.larder.readiness().reasons.join(', ')}`);
  }

  /** On disk, and as it is served: the two must agree, without a mark. */
  async value(id: string): Promise<Value> {
    const answer = await this.larder.read(ref(id));
    const onDisk = this.#file(id);
    if (answer.kind !== 'served') {
      expect(answer, id).toMatchObject({ kind: 'missing' });
      expect(onDisk, `${id} is not served, and nothing lies there`).toBeNull();
      return null;
    }
    expect(answer.mark, id).toBeNull();
    expect(onDisk, `${id} is served as it lies there`).toBe(Buffer.from(answer.bytes).toString());
    return (JSON.parse(onDisk ?? '{}') as { value: string }).value;
  }

  events(): readonly FeedEvent[] {
    const events: FeedEvent[] = [];
    for (let since = 0; ;) {
      const page = this.larder.changes({ kind: 'all' }, { since }, 1000, null);
      if (page.kind !== 'range') throw new Error(page.reason);
      events.push(...page.events);
      since = page.next;
      if (page.upToDate) return events;
    }
  }

  /** As an editor does that writes into the file. */
  save(id: string, value: string): void {
    this.saveText(id, JSON.stringify({ value }));
  }

  saveText(id: string, text: string): void {
    writeFileSync(join(this.root, `lod/things/${id}.json`), text);
  }

  /** What the log alone says must be the same. */
  dropDerived(): void {
    rmSync(join(this.root, '.larder/derived'), { recursive: true });
  }

  /** What stays in `.larder/tmp` however long it is waited; the syncs behind a rescue take real time. */
  async leftInTmp(): Promise<string[]> {
    const left = (): string[] => readdirSync(join(this.root, '.larder/tmp'));
    for (let attempt = 0; attempt < 200 && left().length > 0; attempt += 1) await this.pass();
    return left();
  }

  /** Some seconds, with a moment of real time for what waits for the disk. */
  async pass(): Promise<void> {
    await this.clock.skip(2500);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }

  /** A moment, shorter than anything waits for. */
  async step(): Promise<void> {
    await this.clock.skip(100);
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.heal();
    await this.stop();
    this.#directory[Symbol.dispose]();
  }

  #file(id: string): string | null {
    try {
      return readFileSync(join(this.root, `lod/things/${id}.json`), 'utf8');
    } catch {
      return null;
    }
  }
}

export type Answer = 'written' | 'refused' | 'unknown';

/** What the client was told. Anything but a refusal of the catalogue is a bug, a process that died says nothing. */
export async function told(work: Promise<unknown>): Promise<Answer> {
  try {
    await work;
    return 'written';
  } catch (error) {
    if (error instanceof Error && error.name === 'Crash') return 'unknown';
    if (!(error instanceof LarderError)) throw error;
    return error.members['outcome'] === 'unknown' ? 'unknown' : 'refused';
  }
}
