/** A client of the feed that resumes with `Last-Event-ID` whenever its stream ends, and keeps what it was told. */
import { followEvents, type EventClient } from '../http/event-client.ts';
import { pause } from './harness.ts';
import type { Daemon } from './daemon.ts';

export interface Told {
  readonly seq: number;
  readonly op: string;
  /** `ns/collection/id`. */
  readonly name: string;
  readonly from: string | null;
  readonly digest: string | null;
  readonly changeSet: string;
  readonly session: string | null;
  readonly cause: string;
}

type Json = Readonly<Record<string, unknown>>;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const toldOf = (event: Json): Told => ({
  seq: Number(event['seq']),
  op: String(event['op']),
  name: `${String(event['collection'])}/${String(event['id'])}`,
  from: textOrNull(event['from']),
  digest: textOrNull(event['digest']),
  changeSet: String(event['change_set']),
  session: textOrNull(event['session']),
  cause: String(event['cause']),
});

const PAUSE_MS = 20;

export class Follower {
  readonly told: Told[] = [];
  /** Digests told for a name, whatever the kind of event. */
  readonly digestsByName = new Map<string, Set<string>>();
  readonly failures: string[] = [];
  readonly #port: number;
  readonly #since: number;
  #reached: number;
  #stream: EventClient | null = null;
  #closed = false;
  readonly #running: Promise<void>;

  constructor(port: number, since = 0) {
    this.#port = port;
    this.#since = since;
    this.#reached = since;
    this.#running = this.#run();
  }

  has(name: string, digest: string): boolean {
    return this.digestsByName.get(name)?.has(digest) ?? false;
  }

  get reached(): number {
    return this.#reached;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stream?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#follow();
      } catch {
        // The stream ended or nobody listens: a client comes again.
      }
      if (!this.#closed) await pause(PAUSE_MS);
    }
  }

  async #follow(): Promise<void> {
    const resumes = this.#reached > this.#since;
    const stream = await followEvents(
      this.#port,
      resumes ? '/v1/_changes' : `/v1/_changes?_since=${this.#since}`,
      resumes ? { 'last-event-id': String(this.#reached) } : {},
    );
    if (stream.status !== 200) return stream.close();
    this.#stream = stream;
    for (;;) {
      const { event, json } = await stream.next();
      if (event === 'must-refetch') this.#fail(`the feed was broken off: ${JSON.stringify(json)}`);
      else if (event !== 'up-to-date') this.#note(toldOf(json));
    }
  }

  #note(told: Told): void {
    if (told.seq <= this.#reached) this.#fail(`seq ${told.seq} was told again behind ${this.#reached}`);
    this.#reached = told.seq;
    this.told.push(told);
    if (told.digest === null) return;
    const digests = this.digestsByName.get(told.name) ?? new Set();
    this.digestsByName.set(told.name, digests.add(told.digest));
  }

  #fail(what: string): void {
    if (this.failures.length < 10) this.failures.push(what);
  }
}

/** Everything that the feed has from the beginning, page by page. */
export async function wholeFeed(daemon: Daemon, since = 0): Promise<Told[]> {
  const all: Told[] = [];
  for (let from = since; ;) {
    const { json, status, text } = await daemon.ask('GET', `/v1/_changes?_since=${from}&_limit=1000`);
    if (status !== 200) throw new Error(`the feed answers ${status}: ${text.slice(0, 300)}`);
    const page = json as { readonly items: readonly Json[]; readonly next: number; readonly up_to_date: boolean };
    for (const item of page.items) all.push(toldOf(item));
    if (page.up_to_date) return all;
    from = page.next;
  }
}
