/** Writes the lines of a bulk batch by batch, and tells the result of each in its order. */
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import type { Who, WriteOptions, WriteResult, Written } from '../../core/requests.ts';
import type { SetItem } from '../../larder-versions.ts';
import { paceOf } from '../../host/pace.ts';
import type { Clock } from '../../host/ports.ts';
import type { Larder } from '../../larder-types.ts';
import type { BulkLine } from './bulk-lines.ts';
import { asLarderError, problemOf } from '../answer/problem-json.ts';

/** A line that could be read, or why not. */
export type Numbered =
  | { readonly i: number; readonly line: BulkLine }
  | { readonly i: number; readonly error: LarderError };

export interface Bulk {
  readonly larder: Larder;
  readonly collection: string;
  readonly who: Who;
  readonly options: WriteOptions;
  readonly tally: Tally;
  readonly clock: Clock;
  /** Told of faults of our own. */
  readonly onFault: (error: unknown) => void;
}

/** What the summary says. */
export interface Tally {
  readonly outcomes: Record<Written['outcome'] | 'refused', number>;
  first: Seq | null;
  last: Seq | null;
  readonly changeSets: Set<string>;
}

export const newTally = (): Tally => ({
  outcomes: { created: 0, updated: 0, unchanged: 0, deleted: 0, refused: 0 },
  first: null,
  last: null,
  changeSets: new Set(),
});

/** Each result as a line of JSON. Lines without an id are created beside each other, runs of the others in one call. */
export async function runBatch(bulk: Bulk, batch: readonly Numbered[]): Promise<string> {
  let text = '';
  for (const run of runsOf(batch)) {
    const results = await runOf(bulk, run);
    for (const [k, { i }] of run.entries()) text += resultLine(bulk, i, results[k]);
  }
  return text;
}

const kindOf = (one: Numbered): string => ('line' in one ? one.line.kind : 'unreadable');

function runsOf(batch: readonly Numbered[]): Numbered[][] {
  const runs: Numbered[][] = [];
  for (const one of batch) {
    const current = runs.at(-1);
    const before = current?.[0];
    if (current !== undefined && before !== undefined && kindOf(before) === kindOf(one)) current.push(one);
    else runs.push([one]);
  }
  return runs;
}

function runOf({ larder, collection, who, options }: Bulk, run: readonly Numbered[]): Promise<WriteResult[]> {
  const requests = run.flatMap((one) => ('line' in one && one.line.kind === 'write' ? [one.line.request] : []));
  if (requests.length > 0) return larder.writeAll(requests, who, options);
  return Promise.all(
    run.map((one) => {
      if ('error' in one) return settle(Promise.reject(one.error));
      const body = one.line.kind === 'create' ? one.line.body : new Uint8Array();
      return settle(larder.create(collection, body, who, options));
    }),
  );
}

const settle = (writing: Promise<Written>): Promise<WriteResult> =>
  writing.then(
    (written) => ({ ok: true, written }),
    (error: unknown) => ({ ok: false, error: asLarderError(error) }),
  );

export const STATUS: Readonly<Record<Written['outcome'], number>> = {
  created: 201,
  updated: 200,
  unchanged: 200,
  deleted: 204,
};

function resultLine({ tally, onFault, options }: Bulk, i: number, result: WriteResult | undefined): string {
  if (result?.ok) return `${JSON.stringify({ i, ...tell(tally, result.written, options) })}\n`;
  const error = asLarderError(result?.error);
  if (error.code === 'internal') onFault(error.cause);
  tally.outcomes.refused += 1;
  return `${JSON.stringify({ i, status: error.meaning.status, problem: problemOf(error) })}\n`;
}

/** What is only judged has no seq, and belongs to no change set. */
function tell(
  tally: Tally,
  { outcome, ref, etag, seq, changeSet }: Written,
  { dryRun = false }: WriteOptions,
): Record<string, unknown> {
  tally.outcomes[outcome] += 1;
  const isChange = outcome !== 'unchanged';
  if (isChange && !dryRun) {
    // Sets that are written beside each other may reach the log in either order.
    tally.first = Math.min(tally.first ?? seq, seq);
    tally.last = Math.max(tally.last ?? seq, seq);
    tally.changeSets.add(changeSet);
  }
  return { id: ref.id, status: STATUS[outcome], ...(etag !== null && { etag }), ...(!(isChange && dryRun) && { seq }) };
}

/** `change_set` is null when the lines were written as several. */
export function summaryLine({ outcomes, first, last, changeSets }: Tally): string {
  const [only] = changeSets;
  const changeSet = changeSets.size === 1 ? only : null;
  return `${JSON.stringify({ summary: outcomes, seq: first === null ? null : [first, last], change_set: changeSet })}\n`;
}

/** All or none; the first refusal throws with the number of its line in `i`. */
export async function runAtomic(bulk: Bulk, lines: readonly Numbered[]): Promise<string> {
  const items = lines.map((one) => itemOf(bulk, one));
  const written = await bulk.larder.versions.writeSet(items, bulk.who, bulk.options);
  const pace = paceOf(bulk.clock);
  let text = '';
  for (const [k, { i }] of lines.entries()) {
    text += resultLine(bulk, i, resultOf(written[k]));
    await pace();
  }
  return text;
}

const resultOf = (written: Written | undefined): WriteResult | undefined => written && { ok: true, written };

function itemOf({ collection }: Bulk, one: Numbered): SetItem {
  if ('error' in one) throw withLine(one.error, one.i);
  const { line } = one;
  return line.kind === 'write' ? line : { kind: 'create', collection, body: line.body };
}

const withLine = (error: LarderError, i: number): LarderError =>
  new LarderError(error.code, error.message, {
    errors: error.errors,
    members: { i, ...error.members },
    cause: error,
  });
