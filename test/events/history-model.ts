/** What a log was told and what it answered: enough to say, after any crash, whether it kept its promises. */
import { expect } from 'vitest';
import type { DraftFrame, Seq } from '../../src/core/events.ts';
import { LarderError } from '../../src/core/errors.ts';
import type { EventLog } from '../../src/events/types.ts';
import { change, entriesOf, entry, labelOf } from './world.ts';

type Standing = 'waiting' | 'acknowledged' | 'refused' | 'unknown';

interface Told {
  readonly labels: readonly string[];
  readonly firstSeq: Seq;
  standing: Standing;
}

export class HistoryModel {
  readonly #told: Told[] = [];
  readonly #aborted = new Set<Seq>();
  readonly #labelBySeq = new Map<Seq, string>();
  #count = 0;

  /** Appends a change set with `entries` documents; the answer is noted when it comes. */
  append(log: EventLog, entries: number): void {
    const labels = Array.from({ length: entries }, () => `d${(this.#count += 1)}`);
    const draft = change(...labels.map((label, index) => entry(label, 40 + (((this.#count + index) * 797) % 3000))));
    const { frame, synced } = log.append(draft);
    const firstSeq = frame.type === 'events' ? (frame.entries[0]?.seq ?? 0) : 0;
    const told: Told = { labels, firstSeq, standing: 'waiting' };
    this.#told.push(told);
    synced.then(
      () => (told.standing = 'acknowledged'),
      (error: unknown) => (told.standing = isUnknown(error) ? 'unknown' : 'refused'),
    );
  }

  /** Takes back the newest acknowledged set. Its frame may be refused too, so only an acknowledged one counts. */
  async abort(log: EventLog): Promise<void> {
    const told = this.#told.findLast(
      ({ standing, firstSeq }) => standing === 'acknowledged' && !this.#aborted.has(firstSeq),
    );
    if (!told) return;
    const seqs = told.labels.map((_, index) => told.firstSeq + index);
    const draft: DraftFrame = { type: 'abort', seqs };
    try {
      await log.append(draft).synced;
    } catch (error) {
      // Neither kept nor gone for certain: the model forgets the set.
      this.#told.splice(this.#told.indexOf(told), 1);
      if (!(error instanceof LarderError)) throw error;
      return;
    }
    for (const seq of seqs) this.#aborted.add(seq);
  }

  get waiting(): number {
    return this.#told.filter(({ standing }) => standing === 'waiting').length;
  }

  get unknown(): number {
    return this.#told.filter(({ standing }) => standing === 'unknown').length;
  }

  /** Holds a log that was just opened against everything that was said. What was open is settled then: there for good, or gone. */
  checkOpened(log: EventLog): void {
    this.check(log);
    const present = new Set(entriesOf(log.read(0)).map(labelOf));
    for (const told of this.#told)
      if (told.standing === 'unknown' || told.standing === 'waiting')
        told.standing = told.labels.some((label) => present.has(label)) ? 'acknowledged' : 'refused';
  }

  /** Holds the log against everything that was said. */
  check(log: EventLog): void {
    const entries = entriesOf(log.read(0));
    for (const { body, digest } of entries) if (body.in === 'log' && digest) log.readBody(body, digest);
    const seqs = entries.map(({ seq }) => seq);
    expect(seqs).toStrictEqual([...new Set(seqs)].toSorted((a, b) => a - b));
    expect(log.lastSeq).toBeGreaterThanOrEqual(seqs.at(-1) ?? 0);
    const seqByLabel = new Map(entries.map((entry) => [labelOf(entry), entry.seq]));
    for (const told of this.#told) this.#checkSet(told, seqByLabel);
    for (const entry of entries) this.#checkName(entry.seq, labelOf(entry));
  }

  #checkSet(told: Told, seqByLabel: ReadonlyMap<string, Seq>): void {
    const found = told.labels.map((label) => seqByLabel.get(label));
    const whole = told.labels.map((_, index) => told.firstSeq + index);
    const isThere = found.some((seq) => seq !== undefined);
    if (isThere) expect(found, `${told.labels.join()} in part or elsewhere`).toStrictEqual(whole);
    const isAborted = this.#aborted.has(told.firstSeq);
    if (told.standing === 'refused') expect(isThere, `refused ${told.labels.join()} came back`).toBe(false);
    if (told.standing === 'acknowledged') expect(isThere, `${told.labels.join()} kept`).toBe(!isAborted);
  }

  #checkName(seq: Seq, label: string): void {
    expect(this.#labelBySeq.get(seq) ?? label, `seq ${seq} was used twice`).toBe(label);
    this.#labelBySeq.set(seq, label);
  }
}

const isUnknown = (error: unknown): boolean => error instanceof LarderError && error.members['outcome'] === 'unknown';
