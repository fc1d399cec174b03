/** A disk without a free byte, again and again: 507 and nothing changed, reads go on, and all is well again once there is room. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.ts';
import { saveInPlace } from '../refusals/hand.ts';
import { canMount, smallDisk, type SmallDisk } from '../refusals/small-disk.ts';
import { disagreements } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { start, type Daemon, type StartOptions } from './daemon.ts';
import { wholeFeed } from './follower.ts';
import { isOver, skipped, within, type Harness, type Outcome, type Run } from './harness.ts';
import { lostAcks } from './load.ts';
import type { Ack } from './writers.ts';

const MEGABYTES = 24;
/** History grows by each; then a new disk takes over. */
const CYCLES_A_DISK = 50;
/** Every so many cycles the disk is full during a restart. */
const RESTARTS_EVERY = 10;
const PATIENCE_MS = 60_000;

interface Counts {
  ran: number;
  refused: number;
  restarts: number;
}

async function run(options: Run): Promise<Outcome> {
  if (!canMount()) return skipped('needs root, to mount a small file system');
  const counts: Counts = { ran: 0, refused: 0, restarts: 0 };
  const failures: string[] = [];
  while (counts.ran < options.size && !isOver(options) && failures.length === 0) {
    using disk = smallDisk(MEGABYTES);
    await using cycles = new Cycles(options, disk, counts);
    failures.push(...(await cycles.play()));
  }
  return { ran: counts.ran, figures: { 'writes refused': counts.refused, restarts: counts.restarts }, failures };
}

const CHANGED = 'lod/things/changed';
const SAVED = 'lod/things/saved';
const NEW = 'lod/things/new';

class Cycles implements AsyncDisposable {
  readonly #run: Run;
  readonly #disk: SmallDisk;
  readonly #counts: Counts;
  readonly #acks: Ack[] = [];
  readonly #failures: string[] = [];
  #daemon: Daemon | null = null;
  #port = 0;

  constructor(run: Run, disk: SmallDisk, counts: Counts) {
    this.#run = run;
    this.#disk = disk;
    this.#counts = counts;
  }

  async play(): Promise<readonly string[]> {
    mkdirSync(join(this.#disk.path, 'lod/things'), { recursive: true });
    writeFileSync(join(this.#disk.path, `${SAVED}.json`), '{}\n');
    this.#port = await freePort();
    await this.#start();
    const { size } = this.#run;
    for (let cycle = 1; cycle <= CYCLES_A_DISK && this.#counts.ran < size && !isOver(this.#run); cycle++) {
      await this.#cycle(cycle);
      this.#counts.ran += 1;
      this.#run.say?.(`${this.#counts.ran} cycles`);
      if (this.#failures.length > 0) return this.#failures;
    }
    return this.#atTheEnd();
  }

  async #cycle(cycle: number): Promise<void> {
    await this.#write(CHANGED, `before ${cycle}`);
    const before = this.#bytesOf(CHANGED);
    await this.#nothingLeaves();
    this.#disk.fill();
    for (const name of [CHANGED, NEW]) await this.#isRefused(name);
    if (!this.#bytesOf(CHANGED).equals(before)) this.#failures.push(`a refused write changed ${CHANGED}`);
    const saved = this.#save(cycle);
    if (cycle % RESTARTS_EVERY === 0) await this.#restart();
    await this.#isServed(CHANGED, before);
    await this.#isServed(SAVED, saved);
    if ((await this.#ask('GET', NEW)).status !== 404) this.#failures.push(`a refused write made ${NEW}`);
    this.#disk.free();
    await this.#write(CHANGED, `after ${cycle}`);
    if (!(await within(this.#patienceMs, () => this.#isTold(SAVED, digestOf(saved)))))
      this.#failures.push(`what was saved by hand on the full disk in cycle ${cycle} is in no history`);
  }

  /** A file that a write brought out gives its bytes back a moment later: the disk would not be full any more. */
  async #nothingLeaves(): Promise<void> {
    const displaced = join(this.#disk.path, '.larder/tmp');
    if (!(await within(this.#patienceMs, async () => readdirSync(displaced).length === 0)))
      this.#failures.push('what writes brought out of the tree does not leave .larder/tmp');
  }

  get #patienceMs(): number {
    return this.#run.patienceMs ?? PATIENCE_MS;
  }

  /** As long as before and into the file, which a full disk allows. */
  #save(cycle: number): Buffer {
    const text = `{ "saved": ${1_000_000 + cycle} }\n`;
    saveInPlace(join(this.#disk.path, `${SAVED}.json`), text);
    return Buffer.from(text);
  }

  #bytesOf = (name: string): Buffer => readFileSync(join(this.#disk.path, `${name}.json`));

  #ask(method: string, name: string, body?: object): ReturnType<Daemon['ask']> {
    if (!this.#daemon) throw new Error('it does not run');
    return this.#daemon.ask(method, `/v1/${name}`, body === undefined ? {} : { body });
  }

  /** There is room: that is noticed within moments. */
  async #write(name: string, value: string): Promise<void> {
    let said = '';
    const isWritten = await within(this.#patienceMs, async () => {
      const answer = await this.#ask('PUT', name, { value });
      said = `${answer.status} ${answer.text.slice(0, 200)}`;
      if (answer.status >= 300) return false;
      const { 'larder-seq': seq, etag } = answer.headers;
      this.#acks.push({ name, seq: Number(seq), digest: etag?.slice(1, -1) ?? null });
      return true;
    });
    if (!isWritten) this.#failures.push(`with room on the disk, PUT ${name} answers ${said}`);
  }

  async #isRefused(name: string): Promise<void> {
    const { status, json } = await this.#ask('PUT', name, { value: 'refused' });
    const isRight = status === 507 && (json as { readonly code?: string }).code === 'disk_full';
    if (isRight) this.#counts.refused += 1;
    else this.#failures.push(`on a full disk PUT ${name} answers ${status}`);
  }

  async #isServed(name: string, bytes: Buffer): Promise<void> {
    const answer = await this.#ask('GET', name);
    if (answer.status === 200 && answer.bytes.equals(bytes)) return;
    this.#failures.push(`on a full disk GET ${name} answers ${answer.status}: ${answer.text.slice(0, 100)}`);
  }

  async #isTold(name: string, digest: string): Promise<boolean> {
    if (!this.#daemon) return false;
    return (await wholeFeed(this.#daemon)).some((told) => told.name === name && told.digest === digest);
  }

  async #restart(): Promise<void> {
    const isOrderly = this.#counts.restarts % 2 === 0;
    await (isOrderly ? this.#daemon?.stop() : this.#daemon?.kill());
    this.#disk.fill();
    await this.#start();
    this.#counts.restarts += 1;
  }

  async #start(): Promise<void> {
    const options: StartOptions = { root: this.#disk.path, port: this.#port, without: this.#run.without };
    this.#daemon = await start(options);
  }

  async #atTheEnd(): Promise<readonly string[]> {
    if (!this.#daemon) return this.#failures;
    const differing = await disagreements(this.#daemon, this.#disk.path, { limitMs: this.#patienceMs });
    return [...this.#failures, ...differing, ...lostAcks(this.#acks, await wholeFeed(this.#daemon))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.kill();
  }
}

export const diskFull: Harness = {
  name: 'disk-full',
  what: 'a disk without a free byte, also during a restart: 507, nothing changed, reads go on, what was saved meanwhile is recorded once there is room',
  unit: 'cycles',
  size: 1000,
  minutes: 10,
  run,
};
