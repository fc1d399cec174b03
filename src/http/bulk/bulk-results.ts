/** When the lines of a bulk are written: together in batches, or all at once. */
import { MOST_CHANGE_BYTES, MOST_CHANGES } from '../../core/change-set.ts';
import { LarderError } from '../../core/errors.ts';
import type { Incoming } from './bulk-incoming.ts';
import { runAtomic, runBatch, summaryLine, type Bulk, type Numbered } from './bulk-run.ts';
import { asLarderError, problemOf } from '../answer/problem-json.ts';
import { tooLarge } from '../request/request-body.ts';

/** Lines are written together up to either; a slow sender's lines are written as soon as it pauses. */
const BATCH_LINES = 3000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Result lines batch by batch, the summary last. */
export async function* results(bulk: Bulk, incoming: AsyncIterable<Incoming>): AsyncGenerator<string, void> {
  let batch: Numbered[] = [];
  let bytes = 0;
  for await (const next of incoming) {
    if (next.kind === 'line') {
      batch.push(next.one);
      bytes += next.bytes;
    }
    const isFull = batch.length >= BATCH_LINES || bytes >= BATCH_BYTES;
    if (batch.length === 0 || (next.kind === 'line' && !isFull)) continue;
    yield await runBatch(bulk, batch);
    [batch, bytes] = [[], 0];
  }
  yield (await runBatch(bulk, batch)) + summaryLine(bulk.tally);
}

/** All or none. Throws the first refusal. */
export async function* atomicResults(bulk: Bulk, incoming: AsyncIterable<Incoming>): AsyncGenerator<string, void> {
  const lines: Numbered[] = [];
  let bytes = 0;
  for await (const next of incoming) {
    if (next.kind === 'pause') continue;
    lines.push(next.one);
    bytes += next.bytes;
    if (lines.length > MOST_CHANGES)
      throw new LarderError('too_large', `an atomic bulk takes at most ${MOST_CHANGES} lines`);
    if (bytes > MOST_CHANGE_BYTES) throw tooLarge(MOST_CHANGE_BYTES);
  }
  yield (await runAtomic(bulk, lines)) + summaryLine(bulk.tally);
}

/** What goes wrong behind the first result can only be told as a line; without a summary the client knows that it is not whole. */
export async function* resume(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void>,
): AsyncGenerator<string, void> {
  if (first.done) return;
  yield first.value;
  try {
    yield* rest;
  } catch (error) {
    yield `${JSON.stringify({ problem: problemOf(asLarderError(error)) })}\n`;
  }
}
