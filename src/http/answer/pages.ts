/** Pages of lists: `{ items, next }`, and a `Link` to the next one. */
import { LarderError } from '../../core/errors.ts';
import type { Page } from '../../core/requests.ts';
import type { Moment } from '../../larder-versions.ts';
import { answer, type Headers } from './answers.ts';
import type { Exchange } from '../exchange.ts';
import { answerType, JSON_TYPE } from '../request/media-types.ts';
import type { Serving } from '../serving.ts';

/** A list must not be silently partial: until the first scan is done it would lack what was not looked at yet. */
export function requireReady(serving: Serving): void {
  if (serving.isReady()) return;
  const { looked, total } = serving.larder.readiness().scan;
  throw new LarderError(
    'starting',
    `${looked} of ${total ?? 'an unknown number of'} files are looked at; a list would be partial`,
  );
}

/** `items` are JSON texts. */
export function answerPage(
  exchange: Exchange,
  serving: Serving,
  { items, next }: Page<string>,
  more: Headers = {},
): Response {
  answerType(exchange.incoming.headers.accept, [JSON_TYPE]);
  const headers: Record<string, string> = {
    'Content-Type': JSON_TYPE,
    'Larder-Seq': String(serving.larder.seq),
    ...more,
  };
  if (next !== null) headers['Link'] = `<${nextUrl(exchange, next)}>; rel="next"`;
  return answer(exchange, 200, headers, `{"items":[${items.join(',')}],"next":${JSON.stringify(next)}}\n`);
}

/** Which point in history is answered, and whether the time asked for could mean another. */
export const momentHeaders = ({ seq, isAmbiguous }: Moment): Headers => ({
  'Larder-At': isAmbiguous ? `${seq}; ambiguous` : String(seq),
});

export const mapPage = <T>({ items, next }: Page<T>, format: (item: T) => string): Page<string> => ({
  items: items.map(format),
  next,
});

/** The same request from `next` on. */
function nextUrl({ target }: Exchange, next: string): string {
  const query = new URLSearchParams([...target.query].filter(([name]) => name !== '_cursor'));
  query.set('_cursor', next);
  return `${target.path}?${query.toString()}`;
}

/** A page ends early behind the item that passes this: a page of a thousand large documents would not fit into memory. */
const PAGE_BYTES = 8 * 1024 * 1024;
const FIRST_STEP = 8;

type Asking = readonly [limit: number, cursor: string | null];

/** Asks for the items of a page in steps, each as large as the items so far let hope to fit. */
function* steps(limit: number, cursor: string | null): Generator<Asking, Page<string>, Page<string>> {
  const items: string[] = [];
  let bytes = 0;
  let next = cursor;
  for (let size = FIRST_STEP; items.length < limit && bytes < PAGE_BYTES; size = fitting(bytes, items.length)) {
    const page = yield [Math.min(size, limit - items.length), next];
    items.push(...page.items);
    bytes += page.items.reduce((sum, item) => sum + item.length, 0);
    next = page.next;
    if (next === null) break;
  }
  return { items, next };
}

/** All steps run in one turn of the event loop, between which nothing can change. */
export function gatherPage(
  limit: number,
  cursor: string | null,
  step: (...asking: Asking) => Page<string>,
): Page<string> {
  const asked = steps(limit, cursor);
  let turn = asked.next();
  while (!turn.done) turn = asked.next(step(...turn.value));
  return turn.value;
}

/** The same of what does not change any more: each step takes its time. */
export async function gatherFrozenPage(
  limit: number,
  cursor: string | null,
  step: (...asking: Asking) => Promise<Page<string>>,
): Promise<Page<string>> {
  const asked = steps(limit, cursor);
  let turn = asked.next();
  while (!turn.done) turn = asked.next(await step(...turn.value));
  return turn.value;
}

/** How many more items of the same size fit into the page. */
const fitting = (bytes: number, count: number): number =>
  Math.max(1, Math.ceil(((PAGE_BYTES - bytes) * count) / Math.max(bytes, 1)));
