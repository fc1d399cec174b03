/**
 * People save documents by hand while clients write the same documents as fast as they can. Whoever comes last is served; what
 * counts here is that the bytes of every save are in the history.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/core/digest.ts';
import { disagreements, shortened } from './agreement.ts';
import { freePort } from '../free-port.ts';
import { start, type Daemon } from './daemon.ts';
import { saveFile } from './editors.ts';
import { Follower } from './follower.ts';
import { between, isOver, pause, randomFrom, within, type Harness, type Outcome, type Run } from './harness.ts';

const DOCUMENTS = 12;
const CLIENTS = 8;
/** Displaced files are looked at after two seconds; the rest is for a busy machine. */
const LOST_AFTER_MS = 20_000;
const BETWEEN_MS = 4;

interface Save {
  readonly digest: string;
  readonly atMs: number;
}

class Bursts {
  readonly lost: string[] = [];
  saves = 0;
  writes = 0;
  refused = 0;
  readonly #options: Run;
  readonly #root: string;
  readonly #random: () => number;
  readonly #open = new Map<string, Save>();
  #follower: Follower | null = null;

  constructor(options: Run, root: string) {
    this.#options = options;
    this.#root = root;
    this.#random = randomFrom(options.seed);
  }

  /** Saves and writes until there were enough saves; resolves when each is told or lost. */
  async play(daemon: Daemon): Promise<void> {
    this.#follower = new Follower(daemon.port);
    let isWanted = true;
    const clients = Array.from({ length: CLIENTS }, (_, client) => this.#write(daemon, client, () => isWanted));
    while (this.saves < this.#options.size && !isOver(this.#options)) {
      this.#saveOne();
      await pause(BETWEEN_MS);
    }
    isWanted = false;
    await Promise.all(clients);
    await within(LOST_AFTER_MS + 1000, () => this.#settle().size === 0);
    await this.#follower.close();
  }

  get told(): { readonly rescued: number; readonly versions: number } {
    const byHand = (this.#follower?.told ?? []).filter(({ cause }) => cause === 'hand');
    const rescued = byHand.filter(({ op }) => op === 'problem').length;
    return { rescued, versions: byHand.length - rescued };
  }

  /** Forgets what was told, and counts what was not for too long. */
  #settle(): ReadonlyMap<string, Save> {
    const patienceMs = this.#options.patienceMs ?? LOST_AFTER_MS;
    for (const [name, { digest, atMs }] of this.#open) {
      const isTold = this.#follower?.has(name, digest) ?? false;
      if (!isTold && performance.now() - atMs < patienceMs) continue;
      if (!isTold) this.lost.push(`the save ${digest.slice(0, 8)} of ${name} is in no history`);
      this.#open.delete(name);
    }
    return this.#open;
  }

  /** One person after the other: nobody saves over a save that was not told yet. */
  #saveOne(): void {
    const name = `lod/things/d${between(this.#random, 0, DOCUMENTS - 1)}`;
    if (this.#settle().has(name)) return;
    const text = `{ "by": "hand", "save": ${this.saves++}, "text": "${'saved '.repeat(100)}" }\n`;
    this.#open.set(name, { digest: digestOf(Buffer.from(text)), atMs: performance.now() });
    saveFile(join(this.#root, `${name}.json`), text, this.#random() < 0.7);
  }

  async #write(daemon: Daemon, client: number, isWanted: () => boolean): Promise<void> {
    const random = randomFrom(this.#options.seed + client + 1);
    for (let count = 0; isWanted(); count++) {
      const name = `lod/things/d${between(random, 0, DOCUMENTS - 1)}`;
      const body = { by: `client ${client}`, count, text: 'written '.repeat(60) };
      const { status } = await daemon.ask(random() < 0.5 ? 'PUT' : 'PATCH', `/v1/${name}`, { body });
      if (status < 300) this.writes += 1;
      else this.refused += 1;
    }
  }
}

/** Where files cannot be exchanged, microseconds are left in which a save is overwritten. More lost than these few are a fault. */
const LOST_SHARE = 0.02;

const tooMany = (lost: readonly string[], saves: number): string[] =>
  lost.length <= saves * LOST_SHARE ? [] : [`${lost.length} of ${saves} saves are lost`, ...shortened(lost)];

async function run(options: Run, mayLose: boolean): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'larder-bursts-'));
  mkdirSync(join(root, 'lod'));
  const daemon = await start({ root, port: await freePort(), without: options.without });
  try {
    const bursts = new Bursts(options, root);
    await bursts.play(daemon);
    const { saves, writes, refused, lost, told } = bursts;
    const differing = await disagreements(daemon, root, { limitMs: options.patienceMs ?? LOST_AFTER_MS });
    const figures = {
      'writes answered': writes,
      'writes refused': refused,
      'saves told as versions': told.versions,
      'saves rescued': told.rescued,
      'saves lost': lost.length,
    };
    return { ran: saves, figures, failures: [...(mayLose ? tooMany(lost, saves) : shortened(lost)), ...differing] };
  } finally {
    await daemon.kill();
    rmSync(root, { recursive: true, force: true });
  }
}

export const bursts: Harness = {
  name: 'bursts',
  what: 'saves by hand during bursts of PUT and PATCH on the same documents: the bytes of every save are in the history',
  unit: 'saves',
  size: 20_000,
  minutes: 6,
  run: (options) => run(options, false),
};

export const burstsWithoutExchange: Harness = {
  name: 'bursts-fallback',
  what: 'the same where files cannot be exchanged (link and rename): losses are counted, and at most 2 of 100',
  unit: 'saves',
  size: 20_000,
  minutes: 10,
  run: (options) => run({ without: 'exchange', ...options }, true),
};
