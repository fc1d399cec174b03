/**
 * What a Larder has to bear at once: clients that write in every way, people who save files by hand, and a follower of the feed.
 * All of them remember what they were told, so that after any interruption it can be asked whether it is still true.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from './daemon.ts';
import { disagreements, isWhole, shortened } from './agreement.ts';
import { edit, saveFile, type Editor } from './editors.ts';
import { Follower, wholeFeed, type Told } from './follower.ts';
import { randomFrom, within, type Run } from './harness.ts';
import { write, type Ack, type Writer } from './writers.ts';

export interface LoadOptions {
  readonly root: string;
  readonly port: number;
  readonly writers: number;
  readonly editors: number;
  readonly onlyByRename?: boolean;
  readonly run: Pick<Run, 'seed' | 'patienceMs'>;
}

/** Beyond what any promise allows: the machine may be busy with other tests. */
const PATIENCE_MS = 60_000;

export class Load {
  readonly acks: Ack[] = [];
  readonly follower: Follower;
  readonly writers: Writer[];
  readonly editors: Editor[];
  readonly #root: string;
  readonly #patienceMs: number;
  #running: Promise<unknown> = Promise.resolve();
  #isUp = false;

  constructor({
    root,
    port,
    writers,
    editors,
    onlyByRename = false,
    run: { seed, patienceMs = PATIENCE_MS },
  }: LoadOptions) {
    this.#root = root;
    this.#patienceMs = patienceMs;
    mkdirSync(join(root, 'lod', 'shared'), { recursive: true });
    this.follower = new Follower(port);
    const numbered = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    this.writers = numbered(writers).map((number) => ({ number, count: 0, random: randomFrom(seed + number) }));
    this.editors = numbered(editors).map((number) => ({
      number,
      count: 0,
      random: randomFrom(seed + 1000 + number),
      onlyByRename,
      saved: new Map(),
      total: 0,
    }));
  }

  /** Begins to write. */
  begin(daemon: Daemon): void {
    this.#isUp = true;
    const isUp = (): boolean => this.#isUp;
    this.#running = Promise.all([
      ...this.writers.map((writer) => write(writer, daemon, isUp, (ack) => void this.acks.push(ack))),
      ...this.editors.map((editor) =>
        edit(editor, this.#root, isUp, (name, digest) => this.follower.has(name, digest)),
      ),
    ]);
  }

  /** Stops to write; resolves when every request in flight has its answer, or none will come. */
  async end(): Promise<void> {
    this.#isUp = false;
    await this.#running;
  }

  /** Saves that were told to nobody yet, and that no program synced, may go with the power: they are taken out of the question. */
  forgetUntold(): void {
    for (const { saved } of this.editors) {
      for (const [name, digest] of saved) {
        if (this.follower.has(name, digest)) continue;
        saved.delete(name);
        const path = join(this.#root, `${name}.json`);
        if (!this.follower.digestsByName.has(name)) rmSync(path, { force: true });
        // Half of what only this person knew, or nothing of it: only they can save it again.
        else if (isHalfSaved(path)) saveFile(path, '{ "saved": "again" }\n', true);
      }
    }
  }

  /** What is not true any more, of a daemon that runs and a load that has ended. */
  async broken(daemon: Daemon): Promise<string[]> {
    const unseen = await this.#unseenEdits();
    const differing = await disagreements(daemon, this.#root, { limitMs: this.#patienceMs });
    const feed = await wholeFeed(daemon);
    const last = feed.at(-1)?.seq ?? 0;
    await within(this.#patienceMs, () => this.follower.reached >= last);
    return [
      ...this.follower.failures,
      ...shortened(lostAcks(this.acks, feed)),
      ...shortened(gaps(feed)),
      ...shortened(tornSets(feed)),
      ...shortened(undone(feed)),
      ...shortened(toldOtherwise(this.follower.told, feed)),
      ...shortened(unseen),
      ...differing,
    ];
  }

  async close(): Promise<void> {
    await this.end();
    await this.follower.close();
  }

  /** Saves by hand that nobody saved over must be in the history, whatever was written through the API meanwhile. */
  async #unseenEdits(): Promise<string[]> {
    const unseen = (): [string, string][] =>
      this.editors.flatMap(({ saved }) => [...saved].filter(([name, digest]) => !this.follower.has(name, digest)));
    await within(this.#patienceMs, () => unseen().length === 0);
    return unseen().map(([name, digest]) => `the save ${digest.slice(0, 8)} of ${name} is in no history`);
  }
}

const isHalfSaved = (path: string): boolean => existsSync(path) && !isWhole(readFileSync(path, 'utf8'));

/** Acknowledged writes that the feed does not tell, or tells as something else. */
export function lostAcks(acks: readonly Ack[], feed: readonly Told[]): string[] {
  const bySeq = new Map(feed.map((told) => [told.seq, told]));
  return acks.flatMap((ack) => {
    const told = bySeq.get(ack.seq);
    if (told && told.name === ack.name && told.digest === ack.digest && told.cause === 'api') return [];
    return [`${ack.name} was acknowledged as seq ${ack.seq}, which is ${told ? `${told.op} ${told.name}` : 'unknown'}`];
  });
}

function gaps(feed: readonly Told[]): string[] {
  return feed.flatMap(({ seq }, index) => {
    const before = index === 0 ? 0 : (feed[index - 1]?.seq ?? 0);
    return seq === before + 1 ? [] : [`the feed goes from seq ${before} to ${seq}`];
  });
}

/** A session names an atomic set and how many documents it changes: all of them or none, one behind the other. */
function tornSets(feed: readonly Told[]): string[] {
  const sets = Map.groupBy(
    feed.filter(({ session }) => session?.startsWith('set-')),
    ({ session }) => session ?? '',
  );
  return [...sets].flatMap(([session, members]) => {
    const size = Number(session.split('-').at(-1));
    const isOne = new Set(members.map(({ changeSet }) => changeSet)).size === 1;
    const [first, last] = [members[0]?.seq ?? 0, members.at(-1)?.seq ?? 0];
    if (isOne && members.length === size && last - first === size - 1) return [];
    return [`of the set ${session} ${members.length} changes are there`];
  });
}

/** Nobody edits the writers' own documents by hand: where the feed says so, half a change set was left on disk. */
const undone = (feed: readonly Told[]): string[] =>
  feed
    .filter(({ name, cause }) => name.startsWith('lod/w') && cause !== 'api')
    .map(({ seq, op, name }) => `seq ${seq} is an ${op} of ${name} that nobody made`);

/** What a follower was told stays true, and nothing was kept from it. */
function toldOtherwise(told: readonly Told[], feed: readonly Told[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < Math.max(told.length, feed.length); at++) {
    const [before, now] = [told[at], feed[at]];
    if (before && now && JSON.stringify(before) === JSON.stringify(now)) continue;
    found.push(`event ${at} of the feed was told as ${spell(before)} and is ${spell(now)}`);
  }
  return found;
}

const spell = (told: Told | undefined): string =>
  told ? `${told.seq} ${told.op} ${told.name} ${told.digest?.slice(0, 8) ?? ''}` : 'nothing';
