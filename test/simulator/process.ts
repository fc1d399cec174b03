/** One life of Larder on a machine of its own: opened, fed with hints, and ended in order or at any call it makes. */
import { Crash } from '../../src/host/faulty-file-system.ts';
import type { Catalog } from '../../src/catalog/types.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import type { Clock, FileSystem, RandomBytes } from '../../src/host/ports.ts';
import type { Hint, Watcher, WatchOptions } from '../../src/files/types.ts';
import type { Larder } from '../../src/larder-types.ts';
import { openLarder, type Host } from '../../src/larder.ts';
import type { World } from '../../src/reconciler/world.ts';
import { settlementOf } from './settlement.ts';
import { mortal, type MortalClock } from './moments.ts';
import { mounted, seenCalls, type Call, type SeenFileSystem } from './seen-calls.ts';

/** What a process runs on. */
export interface Ground {
  readonly disk: FileSystem;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Absolute. */
  readonly root: string;
  /** Larger bytes lie in the blob store. */
  readonly bodyBytes?: number;
  /** Where the log goes on in a new segment. */
  readonly segmentBytes?: number;
  /** Larger streams are not held. */
  readonly heldBytes?: number | undefined;
  /** What `prune` leaves. */
  readonly keepHistory?: string;
  /** A real directory, where SQLite writes. */
  readonly derived: string;
  tell(line: string): void;
  /** A name in the tree may mean something else now. */
  observe(path: string, by: 'process'): void;
}

/** Takes one safeguard out: ports and parts in place of the real ones. */
export interface Sabotage {
  readonly fs?: (fs: FileSystem) => FileSystem;
  readonly clock?: (clock: MortalClock) => MortalClock;
  readonly without?: NonNullable<Host['without']>;
  readonly parts?: NonNullable<Host['parts']>;
  readonly world?: NonNullable<Host['world']>;
}

export interface Surroundings {
  /** Somebody else may get a turn in the middle of a call. */
  readonly meanwhile: (call: Call, path: string) => void;
  /** The error of a failing disk, if it fails now. */
  readonly failure: (call: Call, path: string) => string | null;
}

/** Calls by which a file gets, changes or loses a name. */
const NAMING: ReadonlySet<Call> = new Set(['rename', 'link', 'renameNoReplace', 'exchange', 'unlink']);
/** So many turns of the event loop are enough for anything that waits for no timer. */
const PLENTY = 5000;
const TURNS_A_RING = 500;
/** Of real time: on a real disk a sync may be on its way. */
const PATIENCE_MS = 20_000;

export class Process {
  readonly #ground: Ground;
  readonly #clock: MortalClock;
  readonly #fs: SeenFileSystem;
  readonly #opening: Promise<Larder>;
  #watching: WatchOptions | null = null;
  /** Dies at this call from now on; 0: not by itself. */
  callsLeft = 0;
  isDead = false;
  larder: Larder | null = null;
  world: World | null = null;
  /** Followers get an answer. */
  isCaughtUp = false;
  isReady = false;
  readySinceMs = Infinity;
  failure: unknown = null;

  constructor(ground: Ground, surroundings: Surroundings, sabotage: Sabotage, callsLeft: number) {
    this.#ground = ground;
    this.callsLeft = callsLeft;
    const clock = mortal(ground.clock);
    this.#clock = sabotage.clock?.(clock) ?? clock;
    this.#fs = seenCalls(ground.disk, {
      before: (call, path) => this.#before(call, path, surroundings),
      after: (call, path, args) => this.#after(call, path, args),
    });
    const whole = mounted(this.#fs, ground.derived, nodeFileSystem);
    const fs = sabotage.fs?.(whole) ?? whole;
    this.#opening = this.#open(fs, sabotage);
    this.#opening.catch((error: unknown) => (this.failure = error));
  }

  async #open(fs: FileSystem, sabotage: Sabotage): Promise<Larder> {
    const host: Host = {
      fs,
      clock: this.#clock,
      random: this.#ground.random,
      inThread: true,
      ...(this.#ground.bodyBytes !== undefined && { bodyBytes: this.#ground.bodyBytes }),
      ...(this.#ground.heldBytes !== undefined && { heldBytes: this.#ground.heldBytes }),
      ...(this.#ground.segmentBytes !== undefined && { segmentBytes: this.#ground.segmentBytes }),
      watch: (options) => this.#watch(options),
      ...(sabotage.parts && { parts: sabotage.parts }),
      ...(sabotage.without && { without: sabotage.without }),
      world: (world) => (this.world = sabotage.world?.(world) ?? world),
    };
    const { root, keepHistory } = this.#ground;
    const larder = await openLarder({ root, host, ...(keepHistory !== undefined && { keepHistory }) });
    this.larder = larder;
    larder.caughtUp.then(
      () => (this.isCaughtUp = true),
      () => {},
    );
    larder.ready.then(
      () => this.#becomeReady(),
      (error: unknown) => (this.failure = error),
    );
    return larder;
  }

  #becomeReady(): void {
    this.isReady = true;
    this.readySinceMs = this.#ground.clock.nowMs();
  }

  /** False where nobody would notice. */
  hint(hint: Hint): boolean {
    if (this.isDead || !this.#watching) return false;
    this.#watching.onHint(hint);
    return true;
  }

  /** The process is gone at this moment; its bytes stay. */
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#clock.die();
    if (this.world) endWriting(this.world.catalog);
  }

  /** Frees what a dead process no longer holds: descriptors, the lock, the catalog. */
  async bury(): Promise<void> {
    this.die();
    await this.#settled(this.#opening);
    if (this.larder) await this.#settled(this.larder[Symbol.asyncDispose]());
    for (const fd of this.#fs.held.keys()) closeQuietly(this.#ground.disk, fd);
  }

  /** Lets a promise of the dead settle. What waits for a timer waits for ever: then it is woken, to find that it is dead. */
  async #settled(promise: PromiseLike<unknown>): Promise<void> {
    const settlement = settlementOf(promise);
    const limitMs = performance.now() + PATIENCE_MS;
    for (let turns = 1; !settlement.isThere; turns += 1) {
      if (turns % TURNS_A_RING === 0) this.#clock.ring();
      if (turns > PLENTY && performance.now() > limitMs) throw new Error('a process that died does not end');
      await this.#ground.clock.yieldTurn();
    }
  }

  #watch(options: WatchOptions): Watcher {
    this.#watching = options;
    return {
      kind: 'poll',
      watches: 0,
      blind: 0,
      ready: Promise.resolve(),
      rearm: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  }

  #before(call: Call, path: string, surroundings: Surroundings): void {
    if (this.isDead) throw new Crash();
    if (this.callsLeft > 0 && --this.callsLeft === 0) {
      this.#ground.tell(`the process dies at ${call} ${this.#below(path)}`);
      this.die();
      throw new Crash();
    }
    const code = surroundings.failure(call, path);
    if (code !== null) throw Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
    surroundings.meanwhile(call, path);
  }

  #after(call: Call, path: string, args: readonly unknown[]): void {
    if (!NAMING.has(call)) return;
    for (const one of new Set([path, String(args[0])])) {
      if (!one.startsWith(`${this.#ground.root}/`) || one.startsWith(`${this.#ground.root}/.larder`)) continue;
      this.#ground.observe(this.#below(one), 'process');
    }
  }

  #below(path: string): string {
    return path.slice(this.#ground.root.length + 1);
  }
}

/** Calls that change the catalog: a process that died makes no more of them, though its promises still run. */
const CATALOG_WRITES = ['apply', 'noteSeen', 'setDerived', 'noteJudged', 'movePlaces', 'noteReplaced'] as const;

function endWriting(catalog: Catalog): void {
  const crash = (): never => {
    throw new Crash();
  };
  Object.assign(catalog, Object.fromEntries(CATALOG_WRITES.map((call) => [call, crash])));
}

function closeQuietly(disk: FileSystem, fd: number): void {
  try {
    disk.close(fd);
  } catch {
    // The power went, and the descriptor with it.
  }
}
