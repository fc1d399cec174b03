/** Random lives of a log: appends, refusals, failures, stops and power cuts, each held against the model. */
import * as fc from 'fast-check';
import { openEventLog } from '../../src/events/event-log.ts';
import type { EventLog } from '../../src/events/types.ts';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { seededBytes, seededChance } from '../../src/host/simulated-random.ts';
import { HistoryModel } from './history-model.ts';
import { DIRECTORY } from './world.ts';

/** One thing that is done to a log, or happens to it. */
export type Step =
  | { readonly do: 'append'; readonly sets: readonly number[] }
  | { readonly do: 'wait' | 'abort' | 'checkpoint' | 'restart' | 'kill' | 'fill' | 'free' }
  | { readonly do: 'failSync'; readonly times: number }
  /** The process is killed some turns of the event loop after what is under way. */
  | { readonly do: 'die'; readonly turns: number }
  /** Power goes some turns of the event loop after what is under way. */
  | { readonly do: 'power'; readonly turns: number; readonly seed: number };

export const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        sets: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('power' as const), turns: fc.nat(8), seed: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), turns: fc.nat(8) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('abort' as const, 'checkpoint' as const, 'restart' as const, 'kill' as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('fill' as const, 'free' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('failSync' as const), times: fc.integer({ min: 1, max: 6 }) }),
    },
  ),
  { maxLength: 25 },
);

const FILLER = '/root/filler';

class Run {
  readonly #clock = simulatedClock();
  readonly #wrap: (fs: FileSystem) => FileSystem;
  readonly #random: ReturnType<typeof seededBytes>;
  readonly #model = new HistoryModel();
  #fs = simulatedFileSystem({ clock: this.#clock, capacityBytes: 256 * 1024 });
  #process = faultyFileSystem(this.#fs, []);
  #log!: EventLog;

  constructor(seed: number, wrap: (fs: FileSystem) => FileSystem) {
    this.#wrap = wrap;
    this.#random = seededBytes(seed);
    this.#fs.makeDirectory('/root');
    this.#fs.fsyncSync(this.#fs.open('/', 'directory'));
  }

  async play(plan: readonly Step[]): Promise<void> {
    await this.#open();
    for (const step of plan) await this.#take(step);
    await this.#power(0, plan.length);
    await this.#log.close(true);
  }

  async #open(): Promise<void> {
    this.#log = await this.#tryOpen().catch(() => this.#openAnyway());
    this.#model.checkOpened(this.#log);
  }

  #openAnyway(): Promise<EventLog> {
    this.#fs.failNextSyncs(0);
    return this.#tryOpen();
  }

  /** Fails when a sync fails. */
  #tryOpen(): Promise<EventLog> {
    this.#process = faultyFileSystem(this.#wrap(this.#fs), []);
    return openEventLog({
      fs: this.#process,
      clock: this.#clock,
      random: this.#random,
      directory: DIRECTORY,
      durability: 'sync',
      rootIdentity: '1:2',
      segmentBytes: 12_000,
      aheadBytes: 2048,
    });
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'append':
        for (const entries of step.sets) this.#model.append(this.#log, entries);
        return;
      case 'wait':
        return this.#wait();
      case 'abort':
        return this.#model.abort(this.#log);
      case 'checkpoint':
        return void this.#log.append({ type: 'checkpoint', upTo: this.#log.lastSeq });
      case 'restart':
        await this.#log.close(true);
        return this.#open();
      case 'kill':
        await this.#log.close(false);
        return this.#open();
      case 'failSync':
        return this.#fs.failNextSyncs(step.times);
      case 'fill':
        return this.#fill();
      case 'free':
        return this.#free();
      case 'die':
        return this.#die(step.turns);
      case 'power':
        return this.#power(step.turns, step.seed);
    }
  }

  async #wait(): Promise<void> {
    while (this.#model.waiting > 0) await this.#clock.yieldTurn();
    this.#model.check(this.#log);
  }

  async #die(turns: number): Promise<void> {
    await this.#turns(turns);
    this.#process.die();
    await this.#log.close(false);
    await this.#open();
  }

  async #power(turns: number, seed: number): Promise<void> {
    await this.#turns(turns);
    this.#process.die();
    this.#fs = this.#fs.crash(seededChance(seed));
    await this.#log.close(false);
    this.#free();
    await this.#open();
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await this.#clock.yieldTurn();
  }

  #fill(): void {
    const fd = this.#fs.open(FILLER, 'append-or-create');
    const { freeBytes } = this.#fs.space('/');
    if (freeBytes > 0) this.#fs.write(fd, new Uint8Array(freeBytes), 0, freeBytes, 0);
    this.#fs.close(fd);
  }

  #free(): void {
    if (this.#fs.lstat(FILLER)) this.#fs.unlink(FILLER);
  }
}

/** Throws when the log breaks a promise. `wrap` may take a safeguard out. */
export const play = (plan: readonly Step[], seed: number, wrap: (fs: FileSystem) => FileSystem): Promise<void> =>
  new Run(seed, wrap).play(plan);
