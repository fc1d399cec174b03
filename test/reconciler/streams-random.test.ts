/**
 * Streams on a simulated machine that appends to them, cuts them and writes over them, and whose process dies at any call, with
 * the power or without: whatever was recorded can be read, what is served is what lies there, and all agree in the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../src/core/digest.ts';
import type { Seq } from '../../src/core/events.ts';
import { readFile } from '../../src/host/read-file.ts';
import type { Larder } from '../../src/larder-types.ts';
import { Machine } from '../simulator/machine.ts';
import { Process } from '../simulator/process.ts';
import { settlementOf } from '../simulator/settlement.ts';

const COLLECTION = 'ns/c';
const IDS = ['short.jsonl', 'long.jsonl'];
const CALM = { meanwhile: () => {}, failure: () => null };
const STEPS = 40;
/** Of virtual time: far more than anything waits for. */
const LIMIT_MS = 120_000;
const me = { actor: 'test', cause: 'api' } as const;

/** Mostly they grow. */
const HABITS = [
  ...(['append', 'append', 'append', 'append', 'append', 'append', 'append', 'append'] as const),
  ...(['over', 'over', 'many', 'cut', 'anew', 'replace'] as const),
];

class Life {
  readonly #machine: Machine;
  #process: Process;
  /** Digests that may be recorded: every state of a file that somebody could see. */
  readonly #states = new Set<Digest>();
  /** What followers were told; it can be read from then on. */
  readonly #told = new Map<Seq, { readonly id: string; readonly digest: Digest }>();

  constructor(seed: number, root: string) {
    this.#machine = new Machine(seed, root);
    this.#machine.disk.makeDirectory(this.#machine.at('ns'));
    this.#machine.disk.makeDirectory(this.#machine.at(COLLECTION));
    this.#write('short.jsonl', 'first\n', 0);
    this.#write('long.jsonl', 'a long line of a stream\n'.repeat(12_000), 0);
    for (const place of ['', 'ns', COLLECTION]) this.#sync(place, 'directory');
    this.#process = new Process(this.#machine, CALM, {}, 0);
  }

  #sync(place: string, mode: 'directory' | 'read'): void {
    const { disk } = this.#machine;
    const fd = disk.open(this.#machine.at(place).replace(/\/$/, ''), mode);
    disk.fsyncSync(fd);
    disk.close(fd);
  }

  async live(): Promise<void> {
    await this.#settled();
    for (let step = 0; step < STEPS; step++) await this.#step();
    if (this.#process.isDead) await this.#restart();
    await this.#check();
    for (const [seq, { id, digest }] of this.#told) await this.#checkVersion(id, seq, digest);
    const findings: string[] = [];
    await this.#drive(
      this.#larder.maintenance.verify({
        finding: ({ kind, code, path, detail }) => void findings.push(`${kind} ${code} ${path} ${detail}`),
        progress: () => {},
      }),
    );
    expect(findings).toEqual([]);
    await this.#drive(this.#larder[Symbol.asyncDispose]());
    await this.#process.bury();
  }

  get #larder(): Larder {
    if (!this.#process.larder) throw new Error('it did not open');
    return this.#process.larder;
  }

  async #step(): Promise<void> {
    const machine = this.#machine;
    this.#touch(machine.pick(IDS));
    if (machine.maybe(0.3)) await machine.clock.advance(machine.pick([1, 30, 900, 2500]));
    if (machine.maybe(0.15)) this.#process.callsLeft = 1 + machine.below(60);
    await this.#look(machine.pick(['rescan', 'rescan', 'read', 'put'] as const));
    if (machine.maybe(0.05)) this.#process.die();
    if (this.#process.isDead) await this.#restart();
    else if (machine.maybe(0.2)) await this.#check();
  }

  /** What a process that dies meanwhile was doing is nobody's to wait for. */
  async #look(how: 'rescan' | 'read' | 'put'): Promise<void> {
    const ref = { collection: COLLECTION, id: this.#machine.pick(IDS) };
    const body = Buffer.from(`put ${this.#machine.next()}\n`.repeat(this.#machine.pick([1, 30])));
    if (how === 'put') this.#states.add(digestOf(body));
    const work =
      how === 'rescan'
        ? this.#larder.rescan()
        : how === 'read'
          ? this.#larder.read(ref)
          : this.#larder.write({ ref, change: { op: 'put', body } }, me);
    const settled = Promise.resolve(work).catch((error: unknown) => {
      if (!this.#process.isDead && !isRefusal(error)) throw error;
    });
    await this.#drive<unknown>(settled, () => this.#process.isDead);
  }

  #touch(id: string): void {
    const machine = this.#machine;
    const bytes = this.#bytes(id);
    const size = bytes?.length ?? 0;
    const text = `line ${machine.next()}${machine.pick(['\n', '\n', '', ' and more\nof them\n'])}`;
    const how = machine.pick(HABITS);
    machine.tell(`${how} ${id}`);
    switch (how) {
      case 'append':
        return this.#write(id, text, size);
      case 'many':
        return this.#write(id, text.repeat(2000), size);
      case 'cut':
        return this.#cut(id, machine.below(size + 1));
      case 'over':
        // Further back an append hides it until the stream is read as a whole (growing-streams.test.ts).
        this.#write(id, 'EDIT', Math.max(0, size - 1 - machine.below(60_000)));
        return this.#write(id, text, this.#bytes(id)?.length ?? 0);
      case 'anew':
        this.#cut(id, 0);
        return this.#write(id, text.repeat(1 + machine.below(3000)), 0);
      case 'replace': {
        const beside = machine.at(`${COLLECTION}/.new`);
        const fd = machine.disk.open(beside, 'append-or-create');
        const whole = Buffer.concat([bytes ?? Buffer.alloc(0), Buffer.from(text)]);
        machine.disk.truncate(fd, 0);
        machine.disk.write(fd, whole, 0, whole.length, 0);
        machine.disk.close(fd);
        machine.disk.rename(beside, machine.at(`${COLLECTION}/${id}`));
        this.#states.add(digestOf(whole));
      }
    }
  }

  #bytes(id: string): Uint8Array | null {
    const path = this.#machine.at(`${COLLECTION}/${id}`);
    return this.#machine.disk.lstat(path) ? readFile(this.#machine.disk, path) : null;
  }

  #write(id: string, text: string, position: number): void {
    this.#edit(id, (fd) => {
      const bytes = Buffer.from(text);
      this.#machine.disk.write(fd, bytes, 0, bytes.length, position);
    });
  }

  #cut(id: string, size: number): void {
    this.#edit(id, (fd) => this.#machine.disk.truncate(fd, size));
  }

  #edit(id: string, edit: (fd: number) => void): void {
    const { disk } = this.#machine;
    const path = this.#machine.at(`${COLLECTION}/${id}`);
    const fd = disk.open(path, disk.lstat(path) ? 'read-write' : 'append-or-create');
    edit(fd);
    disk.close(fd);
    this.#note(id);
  }

  /** Somebody could see this. */
  #note(id: string): void {
    const bytes = this.#bytes(id);
    if (bytes) this.#states.add(digestOf(bytes));
  }

  async #restart(): Promise<void> {
    const machine = this.#machine;
    const isPowerCut = machine.maybe(0.5);
    const catalog = machine.keepCatalog();
    this.#process.die();
    await this.#process.bury();
    if (isPowerCut) {
      machine.disk = machine.disk.crash(machine.chance);
      machine.cutCatalog(catalog);
      for (const id of IDS) this.#note(id);
    }
    if (machine.maybe(0.3)) this.#touch(machine.pick(IDS));
    this.#process = new Process(machine, CALM, {}, 0);
    await this.#settled();
  }

  async #settled(): Promise<void> {
    const opened = settled(() => this.#process.isReady || this.#process.failure !== null);
    await this.#drive(opened.promise, undefined, opened.poll);
    if (this.#process.failure) throw this.#process.failure;
  }

  /** Nothing moves: what is served is what lies there, and what was told can be read. */
  async #check(): Promise<void> {
    this.#process.callsLeft = 0;
    await this.#drive(this.#larder.rescan());
    await this.#machine.clock.advance(3000);
    await this.#drive(this.#larder.rescan());
    for (const id of IDS) await this.#checkServed(id);
    const told = this.#larder.changes({ kind: 'all' }, 'beginning', 10_000, null);
    if (told.kind !== 'range') throw new Error('the feed does not begin');
    for (const { seq, op, id, digest } of told.events) {
      if (digest === null || this.#told.has(seq)) continue;
      // What was rescued may be what a power cut left of a file that a write had replaced.
      if (op !== 'problem') expect(this.#states.has(digest)).toBe(true);
      this.#told.set(seq, { id, digest });
      await this.#checkVersion(id, seq, digest);
    }
  }

  async #checkServed(id: string): Promise<void> {
    const bytes = this.#bytes(id);
    if (bytes === null) return;
    const answer = await this.#drive(this.#larder.read({ collection: COLLECTION, id }));
    if (answer.kind !== 'served') throw new Error(`${id} is ${answer.kind}`);
    // What a write brought out of the tree, half-way through, is told.
    expect([null, 'rescued']).toContain(answer.mark?.code ?? null);
    expect(answer.etag).toBe(digestOf(bytes));
    expect(Buffer.compare(answer.bytes, bytes)).toBe(0);
  }

  async #checkVersion(id: string, seq: Seq, digest: Digest): Promise<void> {
    const read = await this.#drive(this.#larder.readVersion({ collection: COLLECTION, id }, seq));
    expect(read.kind === 'served' && digestOf(read.bytes)).toBe(digest);
  }

  async #drive<T>(promise: PromiseLike<T>, isEnough = (): boolean => false, poll = (): void => {}): Promise<T> {
    const settlement = settlementOf(promise);
    for (let spentMs = 0; !settlement.isThere; spentMs += 10) {
      if (spentMs > LIMIT_MS) throw new Error('it waits for ever');
      for (let turns = 0; turns < 12 && !settlement.isThere; turns++) await this.#machine.clock.yieldTurn();
      poll();
      if (isEnough()) return undefined as T;
      if (!settlement.isThere) await this.#machine.clock.advance(10);
    }
    return promise;
  }
}

/** A promise that settles once something is so. */
function settled(isSo: () => boolean): { promise: Promise<void>; poll: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, poll: () => void (isSo() && resolve()) };
}

const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'LarderError';

/** STREAM_SEEDS=FROM-TO takes others. */
const [FIRST = 1, LAST = 16] = (process.env['STREAM_SEEDS'] ?? '').split('-').filter(Boolean).map(Number);

test(
  `${LAST - FIRST + 1} lives of streams lose nothing that was recorded, and serve what lies there`,
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'larder-streams-'));
    try {
      for (let seed = FIRST; seed <= LAST; seed++) {
        try {
          await new Life(seed, root).live();
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        }
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  (LAST - FIRST + 1) * 10_000,
);
