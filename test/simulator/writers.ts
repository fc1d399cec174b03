/** Clients of the API: they ask, and note what they were answered. */
import { LarderError } from '../../src/core/errors.ts';
import type { Seq } from '../../src/core/events.ts';
import { classify, pathOf, type DocumentRef } from '../../src/core/refs.ts';
import type { Change, Who, WriteRequest, Written } from '../../src/core/requests.ts';
import type { Larder } from '../../src/larder-types.ts';
import type { Machine } from './machine.ts';
import { BROKEN_SCHEMA, SCHEMAS } from './schemas.ts';

/** What an answer says of one document. */
type Told = Pick<Written, 'outcome' | 'seq' | 'etag'>;

/** Somebody asked that the bytes of a path's versions be forgotten. */
export interface Forget {
  readonly path: string;
  /** Null while nobody knows whether it was done. */
  seqs: readonly Seq[] | null;
}

export interface Asked {
  /** Also the actor of its events. */
  readonly name: string;
  readonly paths: readonly string[];
  /** All of them or none, whatever happens. */
  readonly isSet: boolean;
  standing: 'waiting' | 'acknowledged' | 'refused' | 'unknown';
  written: readonly Told[];
  changeSet: string | null;
}

const COLLECTION = 'ns/c';
const FILE = 'ns/files/f.bin';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export class Writers {
  readonly #machine: Machine;
  readonly #paths: readonly string[];
  readonly asked: Asked[] = [];
  readonly forgets: Forget[] = [];
  /** That were answered for documents. */
  readonly #versions: { readonly path: string; readonly seq: Seq }[] = [];

  constructor(machine: Machine, paths: readonly string[]) {
    this.#machine = machine;
    this.#paths = paths;
  }

  /** The process died: whoever still waits will never know. */
  giveUp(): void {
    for (const one of this.asked) if (one.standing === 'waiting') one.standing = 'unknown';
  }

  get waiting(): number {
    return this.asked.filter(({ standing }) => standing === 'waiting').length;
  }

  ask(larder: Larder): void {
    const kind = this.#machine.pick(KINDS);
    switch (kind) {
      case 'put':
      case 'patch':
      case 'delete':
        return this.#one(larder, kind);
      case 'post':
        return this.#create(larder);
      case 'set':
        return this.#many(larder, true);
      case 'bulk':
        return this.#many(larder, false);
      case 'schema':
        return this.#schema(larder);
      case 'file':
        return this.#file(larder);
      case 'undo':
        return this.#undo(larder);
      case 'revert':
        return this.#revert(larder);
      case 'forget':
        return this.#forget(larder);
    }
  }

  /** A write that only has to find out how things stand. */
  tell(one: Asked, outcome: string): void {
    this.#machine.tell(`  ${one.name} ${outcome}`);
  }

  #one(larder: Larder, kind: 'put' | 'patch' | 'delete'): void {
    const path = this.#machine.pick(this.#paths);
    const request = this.#request(path, kind, this.#machine.maybe(0.2) ? larder : null);
    this.#begin([path], true, kind, (who) => larder.write(request, who).then((written) => [written]));
  }

  #create(larder: Larder): void {
    const body = encode(`{"v": ${this.#machine.below(100)}, "n": ${this.#machine.next()}}`);
    const collection = this.#machine.pick([COLLECTION, 'ns/new']);
    this.#begin([], true, 'post', (who) => larder.create(collection, body, who).then((written) => [written]));
  }

  #many(larder: Larder, atomic: boolean): void {
    const paths = this.#distinct(2 + this.#machine.below(3));
    const requests = paths.map((path) => this.#request(path, this.#machine.pick(['put', 'put', 'delete']), null));
    this.#begin(paths, atomic, atomic ? 'set' : 'bulk', async (who) => {
      const results = await larder.writeAll(requests, who, { atomic });
      return results.flatMap((result) => (result.ok ? [result.written] : []));
    });
  }

  #schema(larder: Larder): void {
    const text = this.#machine.maybe(0.1) ? BROKEN_SCHEMA : this.#machine.pick(SCHEMAS);
    this.#begin([`${COLLECTION}/_schema.json`], true, 'schema', (who) =>
      larder.putSchema(COLLECTION, encode(text), who, undefined).then((written) => [written]),
    );
  }

  /** In lives in which little is held, of the longer ones no bytes are kept. */
  #file(larder: Larder): void {
    const text = `${this.#machine.next()}`.padEnd(this.#machine.pick([10, 1500, 4000]), 'z');
    this.#begin([FILE], true, `file of ${text.length} bytes`, (who) =>
      larder.putFile('ns', FILE.slice('ns/files/'.length), encode(text), who, undefined).then((written) => [written]),
    );
  }

  #undo(larder: Larder): void {
    const done = this.asked.filter(({ changeSet }) => changeSet !== null);
    if (done.length === 0) return;
    const { name, changeSet } = this.#machine.pick(done);
    this.#begin([], true, `undo of ${name}`, async (who) => {
      const { items } = await larder.versions.undo({ change_set: changeSet ?? undefined }, who);
      return items.map(({ op, seq = 0, etag }) => ({ outcome: op === 'delete' ? 'deleted' : 'updated', seq, etag }));
    });
  }

  #revert(larder: Larder): void {
    if (this.#versions.length === 0) return;
    const { path, seq } = this.#machine.pick(this.#versions);
    this.#begin([path], true, `revert of ${path} to ${seq}`, (who) =>
      larder.versions.revert(refOf(path), seq, who, undefined).then((written) => [written]),
    );
  }

  #forget(larder: Larder): void {
    if (this.#versions.length === 0) return;
    const { path } = this.#machine.pick(this.#versions);
    const forget: Forget = { path, seqs: null };
    this.forgets.push(forget);
    this.#begin([], false, `forget ${path}`, async () => {
      const { forgotten } = await larder.maintenance.forget(path, null);
      forget.seqs = forgotten;
      return [];
    });
  }

  #request(path: string, kind: 'put' | 'patch' | 'delete', basedOn: Larder | null): WriteRequest {
    const digest = basedOn && this.#machine.digestAt(path);
    return { ref: refOf(path), change: this.#change(kind), ...(digest && { preconditions: { ifMatch: [digest] } }) };
  }

  #change(kind: 'put' | 'patch' | 'delete'): Change {
    if (kind === 'delete') return { op: 'delete' };
    const pad = 'y'.repeat(this.#machine.pick([1, 500, 1500]));
    const body = encode(`{"v": ${this.#machine.below(100)}, "n": ${this.#machine.next()}, "pad": "${pad}"}`);
    return kind === 'put' ? { op: 'put', body } : { op: 'merge-patch', body };
  }

  #distinct(count: number): string[] {
    return [...new Set(Array.from({ length: count }, () => this.#machine.pick(this.#paths)))];
  }

  #begin(
    paths: readonly string[],
    isSet: boolean,
    kind: string,
    run: (who: Who) => Promise<readonly (Told & Partial<Written>)[]>,
  ): void {
    const name = `w${this.asked.length}`;
    const one: Asked = { name, paths, isSet, standing: 'waiting', written: [], changeSet: null };
    this.asked.push(one);
    this.#machine.tell(`${one.name} asks ${kind} ${paths.join(' ')}`);
    run({ actor: one.name, cause: 'api' }).then(
      (written) => this.#answered(one, written),
      (error: unknown) => this.#refused(one, error),
    );
  }

  #answered(one: Asked, written: readonly (Told & Partial<Written>)[]): void {
    if (one.standing !== 'waiting') return;
    Object.assign(one, { standing: 'acknowledged', written, changeSet: written[0]?.changeSet ?? null });
    const told = written.map(({ seq, outcome, etag, bytes, ref }) => {
      if (bytes && etag && ref && ref.id !== '_schema' && pathOf(ref) !== FILE)
        this.#versions.push({ path: pathOf(ref), seq });
      if (bytes && etag) this.#machine.name(new TextDecoder().decode(bytes), `${one.name}'s ${seq}`);
      return `${outcome} ${seq}`;
    });
    this.tell(one, `is answered ${told.join(', ')}`);
  }

  #refused(one: Asked, error: unknown): void {
    if (one.standing !== 'waiting') return;
    const isKnown = error instanceof LarderError && error.members['outcome'] !== 'unknown';
    one.standing = isKnown ? 'refused' : 'unknown';
    this.tell(one, `is refused: ${String(error)}`);
  }
}

function refOf(path: string): DocumentRef {
  const meaning = classify(path);
  if (meaning.kind !== 'document') throw new Error(`${path} is no document`);
  return { collection: meaning.collection, id: meaning.id };
}

/** The commonest are there more than once. */
const KINDS = [
  'put',
  'put',
  'put',
  'put',
  'put',
  'patch',
  'patch',
  'delete',
  'post',
  'set',
  'set',
  'bulk',
  'schema',
  'file',
  'undo',
  'revert',
  'forget',
] as const;
