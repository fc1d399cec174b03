/** Carries records to the sink in batches: the next is read and judged while the last is written, and no more is held. */
import type { Clock } from '../host/ports.ts';
import { itemOf, type IdRule } from './import-items.ts';
import type { ImportItem, ImportSink, RawRecord, Refusal } from './import-types.ts';

const BATCH_ITEMS = 500;
const BATCH_CHARACTERS = 2 * 1024 * 1024;
/** Kept for the report; all are counted. */
const REFUSALS_SHOWN = 20;

export interface ImportCounts {
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  readonly refusals: Refusal[];
}

export interface ImportRun {
  readonly records: AsyncIterable<readonly RawRecord[]>;
  readonly rule: IdRule;
  readonly sink: ImportSink;
  readonly clock: Clock;
  /** Aborted between batches: what was written stays. */
  readonly signal: AbortSignal;
  readonly onBatch: (counts: ImportCounts) => void;
}

interface Waiting {
  readonly where: string;
  readonly item: ImportItem;
}

/** Rejects when the source cannot be read or the sink cannot be written any more; aborting rejects with the reason. */
export async function executeImport(run: ImportRun): Promise<ImportCounts> {
  const counts: ImportCounts = { read: 0, created: 0, updated: 0, unchanged: 0, refused: 0, refusals: [] };
  let written = Promise.resolve();
  for await (const batch of batches(run, counts)) {
    await written;
    run.signal.throwIfAborted();
    written = write(run, batch, counts);
    // Awaited above or below; until then a rejection must not end the process as unhandled.
    written.catch(() => {});
  }
  await written;
  return counts;
}

async function* batches({ records, rule, clock, signal }: ImportRun, counts: ImportCounts): AsyncGenerator<Waiting[]> {
  let batch: Waiting[] = [];
  let characters = 0;
  for await (const some of records) {
    for (const record of some) {
      signal.throwIfAborted();
      counts.read++;
      const judged = itemOf(record, rule);
      if (judged.kind === 'refused') refuse(counts, judged.refusal);
      else {
        batch.push(judged);
        characters += judged.item.text.length;
      }
      if (batch.length < BATCH_ITEMS && characters < BATCH_CHARACTERS) continue;
      yield batch;
      [batch, characters] = [[], 0];
    }
    await clock.yieldTurn();
  }
  if (batch.length > 0) yield batch;
}

async function write({ sink, onBatch }: ImportRun, batch: readonly Waiting[], counts: ImportCounts): Promise<void> {
  const result = await sink.write(batch.map(({ item }) => item));
  counts.created += result.created;
  counts.updated += result.updated;
  counts.unchanged += result.unchanged;
  for (const { at, code, detail } of result.refused) {
    refuse(counts, { where: batch[at]?.where ?? '', id: batch[at]?.item.id ?? null, code, detail });
  }
  onBatch(counts);
}

function refuse(counts: ImportCounts, refusal: Refusal): void {
  counts.refused++;
  if (counts.refusals.length < REFUSALS_SHOWN) counts.refusals.push(refusal);
}
