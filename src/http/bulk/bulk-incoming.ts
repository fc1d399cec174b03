/** The lines of a bulk as they come, each read or with the reason why it cannot be. */
import { LarderError } from '../../core/errors.ts';
import { parseBulkArray, parseBulkLine, type BulkLine } from './bulk-lines.ts';
import type { Numbered } from './bulk-run.ts';
import type { Exchange } from '../exchange.ts';
import { splitLines } from './line-splitter.ts';
import { bodyChunks, readBody, tooLarge } from '../request/request-body.ts';
import type { Serving } from '../serving.ts';

/** `pause`: nothing more has come yet. */
export type Incoming =
  | { readonly kind: 'line'; readonly one: Numbered; readonly bytes: number }
  | { readonly kind: 'pause' };

/** NDJSON as it comes. */
export async function* bodyLines(
  exchange: Exchange,
  { config, clock }: Serving,
  collection: string,
): AsyncGenerator<Incoming, void> {
  const limit = config.bodyLimitBytes;
  let i = 0;
  for await (const lines of splitLines(bodyChunks(exchange, clock), limit, () => tooLarge(limit))) {
    for (const line of lines)
      yield { kind: 'line', one: numbered(i++, () => parseBulkLine(collection, line)), bytes: line.length };
    if (exchange.incoming.readableLength === 0) await clock.yieldTurn();
    if (exchange.incoming.readableLength === 0) yield { kind: 'pause' };
  }
}

/** A JSON array, read whole. */
export async function* arrayItems(
  exchange: Exchange,
  serving: Serving,
  collection: string,
): AsyncGenerator<Incoming, void> {
  const body = await readBody(exchange, serving.config.bodyLimitBytes, serving.clock);
  const schema = await serving.larder.schema(collection);
  const items = parseBulkArray(collection, body, idFieldOf(schema?.json));
  for (const [i, parse] of items.entries()) yield { kind: 'line', one: numbered(i, parse), bytes: 0 };
}

function numbered(i: number, parse: () => BulkLine): Numbered {
  try {
    return { i, line: parse() };
  } catch (error) {
    if (error instanceof LarderError) return { i, error };
    throw error;
  }
}

/** The field that `x-larder.id: field:NAME` names. */
function idFieldOf(schema: unknown): string | null {
  const larder = (schema as { 'x-larder'?: { id?: unknown } } | null | undefined)?.['x-larder'];
  const rule = typeof larder?.id === 'string' ? larder.id : '';
  return rule.startsWith('field:') ? rule.slice('field:'.length) : null;
}
