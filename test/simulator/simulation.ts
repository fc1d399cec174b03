/**
 * One seed, one execution: clients, editors, faults and crashes over the real log, files and reconciler, on a simulated disk
 * and clock. Nothing in it depends on the machine that runs it, so a seed that fails fails again.
 */
import { classify } from '../../src/core/refs.ts';
import type { CurrentAnswer, FeedEvent } from '../../src/core/requests.ts';
import { allAnswers, compareAnswers, judgeAnswer, judgeFresh, judgeReads, type Answers } from './answers.ts';
import type { Finding } from '../../src/maintain/verify/types.ts';
import { examine } from './examine.ts';
import { Faults } from './faults.ts';
import { Hands } from './hands.ts';
import { hintsFor, QUIET_MS } from './hints.ts';
import { heldIn, Keeper } from './keeper.ts';
import { Machine } from './machine.ts';
import { judgeMarks } from './marks.ts';
import { placesOf, type Places } from './places.ts';
import { PowerCut } from './power-cut.ts';
import { Process, type Sabotage } from './process.ts';
import type { Call } from './seen-calls.ts';
import { settled } from './settlement.ts';
import { judgeBytes } from './kept-bytes.ts';
import { judgeHolds } from './holds.ts';
import { fold, judgeFeed, judgeHandEvents, judgeHeads, judgeSaves, judgeWrites } from './verdicts.ts';
import { Writers } from './writers.ts';

const STEPS_A_READ = 4;
/** A rebuild takes as long as a third of a run. */
const SEEDS_A_REBUILD = 10;
const SEEDS_A_VERIFICATION = 7;
/** In these lives the stream, and a file, are soon too long to be held. */
const SEEDS_A_LITTLE_HELD = 11;
const LITTLE = 3000;

/** Calls around which a swap happens: there others get their turn most. */
const DELICATE: ReadonlySet<Call> = new Set(['exchange', 'rename', 'renameNoReplace', 'link', 'unlink']);

export class Simulation {
  readonly #seed: number;
  readonly #machine: Machine;
  readonly #sabotage: Sabotage;
  readonly #places: Places;
  readonly #hands: Hands;
  readonly #writers: Writers;
  readonly #keeper: Keeper;
  #process: Process;
  #told: FeedEvent[] = [];
  readonly #faults: Faults;
  #isCalm = false;
  #isInside = false;
  #complaints: string[] = [];

  constructor(seed: number, root: string, sabotage: Sabotage) {
    this.#seed = seed;
    this.#machine = new Machine(seed, root, seed % SEEDS_A_LITTLE_HELD === 0 ? LITTLE : undefined);
    this.#faults = new Faults(this.#machine);
    this.#sabotage = sabotage;
    this.#places = placesOf(this.#machine.hasMasses);
    this.#hands = new Hands(
      this.#machine,
      this.#places,
      hintsFor(this.#machine, this.#faults, () => this.#process),
    );
    this.#writers = new Writers(this.#machine, this.#places.documents);
    this.#keeper = new Keeper(this.#machine);
    this.#hands.fill();
    for (let saves = this.#machine.below(5); saves > 0; saves -= 1) this.#hands.begin();
    this.#hands.finish();
    this.#process = this.#start();
  }

  get story(): readonly string[] {
    return this.#machine.story;
  }

  /** Complaints; none when every promise was kept. */
  async run(steps: number): Promise<string[]> {
    try {
      for (let step = 0; step < steps; step += 1) await this.#step(step);
      return await this.#end();
    } catch (error) {
      return [String(error instanceof Error ? error.stack : error)];
    } finally {
      await this.#process.bury();
    }
  }

  #start(): Process {
    const callsLeft = !this.#isCalm && this.#machine.maybe(0.25) ? 1 + this.#machine.below(150) : 0;
    this.#machine.tell(`the process starts${callsLeft > 0 ? ` and has ${callsLeft} calls to live` : ''}`);
    const surroundings = {
      meanwhile: (call: Call, path: string) => this.#meanwhile(call, path),
      failure: (call: Call) => this.#faults.failureOf(call),
    };
    return new Process(this.#machine, surroundings, this.#sabotage, callsLeft);
  }

  async #step(step: number): Promise<void> {
    await this.#act();
    await this.#pause();
    if (this.#process.failure !== null) this.#giveUpStarting(this.#process.failure);
    if (this.#process.isDead) await this.#restart();
    this.#follow();
    if (step % STEPS_A_READ === 0) this.#read();
  }

  /** Somebody reads, at any moment. */
  #read(): void {
    const { larder, isDead } = this.#process;
    const path = this.#machine.pick([...this.#places.documents, this.#places.stream]);
    const meaning = classify(path);
    if (!larder || isDead || (meaning.kind !== 'document' && meaning.kind !== 'stream')) return;
    const asked = this.#machine.timeline.states(path).length;
    const judge = (answer: CurrentAnswer): void => {
      this.#complaints.push(...judgeAnswer(path, answer));
      if (this.#process.larder !== larder || this.#process.isDead) return;
      this.#complaints.push(...judgeFresh(this.#machine, path, answer, asked));
    };
    const closed = (answer: CurrentAnswer): void => {
      judge(answer);
      if (answer.kind === 'open') closeQuietly(answer);
    };
    larder.read({ collection: meaning.collection, id: meaning.id }).then(closed, () => {});
  }

  /** A disk that fails may keep the process from starting; then it is started again. */
  #giveUpStarting(failure: unknown): void {
    if (!this.#process.isDead && !this.#faults.isFailing) throw failure;
    this.#machine.tell(`it does not start: ${String(failure)}`);
    this.#process.die();
  }

  async #act(): Promise<void> {
    const dice = this.#machine.below(100);
    const { larder } = this.#process;
    if (dice < 32) return this.#ask();
    if (dice < 50) return this.#hands.begin();
    if (dice < 80) return this.#hands.go();
    if (dice < 84 && larder && this.#process.isReady) return void larder.rescan().catch(() => {});
    if (dice < 88) return this.#faults.turn(this.#process.isReady);
    if (dice < 92) return this.#dieLater();
    if (dice < 95) return this.#process.die();
    if (dice < 97) return this.#stopInOrder();
    if (dice < 99 && larder && this.#process.isReady) return this.#keeper.act(larder);
  }

  #ask(): void {
    if (this.#process.larder && !this.#process.isDead) this.#writers.ask(this.#process.larder);
  }

  #dieLater(): void {
    this.#process.callsLeft = 1 + this.#machine.below(80);
  }

  async #stopInOrder(): Promise<void> {
    this.#faults.heal();
    const { larder } = this.#process;
    if (!larder || this.#process.isDead || this.#process.callsLeft > 0) return;
    this.#machine.tell('the process is stopped in order');
    await this.#wait(larder[Symbol.asyncDispose](), 5000);
    await this.#bury();
    this.#process = this.#start();
  }

  async #pause(): Promise<void> {
    const dice = this.#machine.below(100);
    if (dice < 25) return;
    if (dice < 60)
      for (let turns = this.#machine.below(12); turns > 0; turns -= 1) await this.#machine.clock.yieldTurn();
    else if (dice < 90) await this.#machine.clock.advance(this.#machine.below(40));
    else await this.#machine.clock.advance(this.#machine.pick([150, 600, 2200, 4500]));
  }

  async #restart(): Promise<void> {
    this.#writers.giveUp();
    this.#faults.heal();
    if (this.#machine.maybe(0.5)) await this.#losePower();
    else await this.#bury();
    this.#process = this.#start();
  }

  async #bury(): Promise<void> {
    this.#writers.giveUp();
    await this.#process.bury();
  }

  async #losePower(): Promise<void> {
    const cut = new PowerCut(this.#machine, this.#hands, this.#process, this.#told);
    this.#machine.disk = this.#machine.disk.crash(this.#machine.chance);
    await this.#bury();
    cut.observe();
  }

  #meanwhile(call: Call, path: string): void {
    const isOurs = path.startsWith(`${this.#machine.root}/.larder/log`);
    // Two seconds after a file was taken out, whoever saves into it is late (docs/reliability.md).
    const isTooLate = call === 'unlink' && path.startsWith(`${this.#machine.root}/.larder/tmp`);
    if (this.#isCalm || this.#isInside || isOurs || isTooLate) return;
    if (!this.#machine.maybe(DELICATE.has(call) ? 0.15 : 0.01)) return;
    this.#isInside = true;
    if (this.#hands.isBusy && this.#machine.maybe(0.7)) this.#hands.go();
    else this.#hands.begin();
    this.#isInside = false;
  }

  #follow(): void {
    const { larder, isDead, isCaughtUp } = this.#process;
    if (!larder || isDead || !isCaughtUp) return;
    const since = this.#told.at(-1)?.seq ?? 0;
    if (larder.seq === since) return;
    const caughtUp = larder.changes({ kind: 'all' }, { since }, 1000, null);
    if (caughtUp.kind === 'range') this.#told.push(...caughtUp.events);
    if (caughtUp.kind === 'range') for (const event of caughtUp.events) this.#machine.tell(this.#describe(event));
  }

  #describe({ seq, op, collection, id, from, digest, actor }: FeedEvent): string {
    const name = `${collection}/${id}${from === undefined ? '' : ` from ${from}`}`;
    return `  ${actor} ${op} ${name} is event ${seq}: ${this.#machine.nameOf(digest)}`;
  }

  #wait<T>(promise: PromiseLike<T>, limitMs: number): Promise<T> {
    return settled(this.#machine.clock, promise, limitMs);
  }

  async #end(): Promise<string[]> {
    this.#isCalm = true;
    this.#faults.heal();
    this.#process.callsLeft = 0;
    this.#machine.tell('everybody comes to rest');
    this.#hands.finish();
    if (this.#process.isDead) await this.#restart();
    await this.#rest();
    await this.#decide();
    const answers = await this.#allAnswers();
    this.#complaints.push(...(await this.#marks()));
    if (this.#seed % SEEDS_A_VERIFICATION === 0) this.#complaints.push(...(await this.#verify()));
    const aside = await this.#stop();
    const findings = await examine(this.#machine);
    return [
      ...this.#complaints,
      ...aside,
      ...judgeHeads(this.#machine, findings),
      ...judgeWrites(this.#writers.asked, findings),
      ...judgeBytes(findings, this.#writers.forgets, {
        hasPruned: this.#keeper.hasPruned,
        heldBytes: this.#machine.heldBytes,
      }),
      ...judgeHolds(findings),
      ...judgeSaves(this.#machine, this.#hands.savedAside, findings),
      ...judgeHandEvents(this.#machine, findings),
      ...judgeFeed(this.#told, findings, this.#told.at(-1)?.seq ?? 0),
      ...judgeReads(this.#machine, answers, fold(findings.frames)),
      ...(this.#seed % SEEDS_A_REBUILD === 0 ? await this.#rebuild(answers) : []),
    ];
  }

  /** Everything is asked again of a catalog made from nothing. */
  async #rebuild(before: Answers): Promise<string[]> {
    this.#machine.loseCatalog();
    this.#process = this.#start();
    await this.#rest();
    const after = await this.#allAnswers();
    return [...compareAnswers(before, after), ...(await this.#stop())];
  }

  /** Files, log, catalog and words held against each other, as `larder verify` does. */
  async #verify(): Promise<string[]> {
    const findings: string[] = [];
    const finding = ({ kind, code, path, detail }: Finding): void =>
      void findings.push(`I1 verify: ${kind} ${code} ${path}: ${detail}`);
    const { larder } = this.#process;
    if (larder) await this.#wait(larder.maintenance.verify({ finding, progress: () => {} }), 20_000);
    return findings;
  }

  async #marks(): Promise<string[]> {
    const { larder } = this.#process;
    if (!larder) throw new Error('nobody to ask');
    return judgeMarks(larder, this.#machine, this.#places, (promise) => this.#wait(promise, 20_000));
  }

  async #allAnswers(): Promise<Answers> {
    const { larder } = this.#process;
    if (!larder) throw new Error('nobody to ask');
    this.#follow();
    return allAnswers(larder, this.#told, (promise) => this.#wait(promise, 20_000));
  }

  async #rest(): Promise<void> {
    while (!this.#process.larder) await this.#machine.clock.yieldTurn();
    const { larder } = this.#process;
    await this.#wait(larder.ready, 20_000);
    for (const _ of [1, 2]) {
      await this.#machine.clock.advance(QUIET_MS);
      await this.#wait(larder.rescan(), 20_000);
    }
    await this.#waitForWriters();
    // Files that were taken out of the tree are looked at up to twice before they go.
    await this.#machine.clock.advance(2 * QUIET_MS);
  }

  /** Nothing stays held: a person decides, and what was decided holds. */
  async #decide(): Promise<void> {
    const { larder } = this.#process;
    if (!larder) throw new Error('nobody to decide for');
    const held = heldIn(larder);
    for (const problem of held) await this.#wait(this.#keeper.decide(larder, problem), 20_000);
    for (const { path } of heldIn(larder)) this.#complaints.push(`I1 ${path} is held, although that was decided`);
    if (held.length > 0) await this.#rest();
  }

  async #waitForWriters(): Promise<void> {
    for (let spentMs = 0; this.#writers.waiting > 0; spentMs += 100) {
      if (spentMs > 10_000) throw new Error('a write is never answered');
      await this.#machine.clock.advance(100);
    }
  }

  async #stop(): Promise<string[]> {
    const { larder } = this.#process;
    if (!larder) throw new Error('nothing to stop');
    this.#follow();
    await this.#wait(larder[Symbol.asyncDispose](), 20_000);
    const left = this.#machine.files('.larder/tmp', /./);
    await this.#bury();
    return left.map((file) => `${file} with ${this.#machine.nameOf(this.#machine.digestAt(file))} is left behind`);
  }
}

/** The process that has it open may be gone, or end with this call. */
function closeQuietly({ close }: Extract<CurrentAnswer, { kind: 'open' }>): void {
  try {
    close();
  } catch {
    // The descriptor went with the process.
  }
}
