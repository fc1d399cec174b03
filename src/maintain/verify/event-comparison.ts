/** The events that the catalog holds beside those of the log, both in the order of their seqs. */
import { lineOf, seqOfLine, type AuditedEvent } from '../../catalog/audited-events.ts';
import type { CatalogAudit } from '../../catalog/audit.ts';
import type { LoggedEntry, Seq } from '../../core/events.ts';
import type { Run } from './subject.ts';

export interface EventComparison {
  /** Entries of the log as it tells them. */
  readonly compare: (entries: readonly LoggedEntry[]) => void;
  /** What the catalog holds beyond them. */
  readonly finish: () => void;
}

const NOTHING: EventComparison = { compare: () => {}, finish: () => {} };

export function openEventComparison({ subject: { audit, upTo }, report }: Run): EventComparison {
  if (!audit) return NOTHING;
  const limit = Math.min(upTo, audit.reached);
  const stored = new StoredLines(audit);
  let last = 0;

  const passStrays = (before: Seq): void => {
    const range = { count: 0, from: 0, to: 0 };
    for (let line = stored.next; line !== null && seqOfLine(line) < before; line = stored.next) {
      range.to = seqOfLine(line);
      if (range.count++ === 0) range.from = range.to;
      stored.pass();
    }
    // One finding for all between two events of the log: a catalog of another log may hold a million.
    if (range.count > 0) report(strays(range, audit.entry(range.from)?.path ?? ''));
  };
  const compareOne = (entry: LoggedEntry): void => {
    // A damaged log may tell of a seq twice.
    if (entry.seq <= last) stored.rewind(entry.seq);
    last = entry.seq;
    if (stored.next === lineOf(entry)) return stored.pass();
    passStrays(entry.seq);
    const line = stored.next;
    const isThere = line !== null && seqOfLine(line) === entry.seq;
    if (isThere) stored.pass();
    if (!isThere || line !== lineOf(entry)) report(differing(entry, isThere ? audit.entry(entry.seq) : undefined));
  };
  return {
    compare: (entries) => {
      for (const entry of entries) if (entry.seq <= limit) compareOne(entry);
    },
    finish: () => passStrays(limit + 1),
  };
}

const PAGE = 500;

/** The catalog's events one after the other, read a page at a time. */
class StoredLines {
  readonly #audit: CatalogAudit;
  #lines: readonly string[] = [];
  #at = 0;
  /** Seq of the last line of the page. */
  #read: Seq = 0;

  constructor(audit: CatalogAudit) {
    this.#audit = audit;
  }

  get next(): string | null {
    if (this.#at === this.#lines.length) this.#turnPage();
    return this.#lines[this.#at] ?? null;
  }

  pass(): void {
    this.#at++;
  }

  rewind(to: Seq): void {
    this.#read = to - 1;
    this.#turnPage();
  }

  #turnPage(): void {
    this.#lines = this.#audit.eventLines(this.#read, PAGE);
    this.#at = 0;
    const end = this.#lines.at(-1);
    if (end !== undefined) this.#read = seqOfLine(end);
  }
}

interface Range {
  readonly count: number;
  readonly from: Seq;
  readonly to: Seq;
}

/** `path`: of the first. */
const strays = ({ count, from, to }: Range, path: string): Parameters<Run['report']>[0] => ({
  kind: 'difference',
  code: 'catalog',
  path,
  expected: null,
  found: `events ${from} to ${to}`,
  detail: `the catalog holds ${count === 1 ? 'an event' : `${count} events`} that the log does not have`,
});

const differing = (entry: LoggedEntry, found: AuditedEvent | undefined): Parameters<Run['report']>[0] => ({
  kind: 'difference',
  code: 'catalog',
  path: entry.path,
  expected: describe(entry),
  found: found === undefined ? null : describe(found),
  detail: `event ${entry.seq}: the catalog's row is not what the log says; larder rebuild makes it anew`,
});

const describe = ({ seq, op, path, digest, body }: AuditedEvent): string =>
  `${op} ${path} (seq ${seq}, ${digest ?? 'no bytes'}, kept ${
    'segment' in body ? `in ${body.segment} at ${body.offset}` : body.in === 'blob' ? 'as a blob' : 'nowhere'
  })`;
