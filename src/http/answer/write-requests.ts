/** What every write has in common: who writes, under which conditions, and how the outcome is told. */
import type { IncomingHttpHeaders } from 'node:http';
import { LarderError } from '../../core/errors.ts';
import { FIRST_SCAN } from '../../core/events.ts';
import type { Preconditions, Who, WriteOptions, Written } from '../../core/requests.ts';
import { answer, asBody } from './answers.ts';
import { preconditionsOf } from '../request/entity-tags.ts';
import type { Exchange } from '../exchange.ts';
import { JSON_TYPE } from '../request/media-types.ts';
import { encodePath } from './percent.ts';
import { preferencesOf, type Preferences } from '../request/preferences.ts';

/** Request headers that mean something on every write. */
export const WRITE_HEADERS = ['If-Match', 'If-None-Match', 'Prefer', 'Larder-Session'] as const;

/** Of those, what means something where a person decides about a problem. */
export const DECISION_HEADERS = ['Prefer', 'Larder-Session'] as const;

/** What the head of a write says, all of it judged before the body is read. */
export interface WriteIntent {
  readonly who: Who;
  readonly preconditions: Preconditions;
  readonly preferences: Preferences;
  readonly options: WriteOptions;
}

/** `merge` is offered where there is something to merge. Throws `bad_request`, `bad_parameter`. */
export function writeIntent({ incoming }: Exchange, more: readonly 'merge'[] = []): WriteIntent {
  const { headers } = incoming;
  refuseIdempotencyKey(headers);
  const preferences = preferencesOf(headers, ['return', 'tx', ...more]);
  return {
    who: whoOf(headers),
    preconditions: preconditionsOf(headers),
    preferences,
    options: { dryRun: preferences.dryRun },
  };
}

/** Without keys everybody who may ask is the local user. Throws `bad_request`. */
function whoOf(headers: IncomingHttpHeaders): Who {
  const session = headers['larder-session'];
  if (session === undefined) return { actor: 'local', cause: 'api' };
  // Undo passes over what the first scan found, as long as nobody asks for it.
  if (session === FIRST_SCAN)
    throw new LarderError('bad_request', `the session ${FIRST_SCAN} is that of the first scan: choose another name`);
  if (typeof session === 'string' && /^[!-~]{1,200}$/.test(session)) return { actor: 'local', cause: 'api', session };
  throw new LarderError('bad_request', 'Larder-Session must be 1 to 200 visible ASCII characters');
}

/** A client that sends a key for retries relies on it; to ignore it would let its second try write twice. */
function refuseIdempotencyKey(headers: IncomingHttpHeaders): void {
  if (headers['idempotency-key'] === undefined) return;
  throw new LarderError(
    'bad_request',
    'Idempotency-Key is not offered yet: PUT with If-None-Match: * may be repeated safely',
  );
}

interface WrittenAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | null;
}

/** The document as it is now, unless `return=minimal` was said; a deletion has nothing to show. */
export function writtenAnswer(written: Written, preferences: Preferences, type: string): WrittenAnswer {
  const isCreated = written.outcome === 'created';
  const headers = writtenHeaders(written, preferences);
  const showsBody = written.bytes !== null && preferences.return !== 'minimal';
  if (!showsBody) return { status: isCreated ? 201 : 204, headers, body: null };
  return { status: isCreated ? 201 : 200, headers: { 'Content-Type': type, ...headers }, body: written.bytes };
}

/** The same as a `Response`. */
export function answerWritten(
  exchange: Exchange,
  written: Written,
  preferences: Preferences,
  type: string = JSON_TYPE,
): Response {
  const { status, headers, body } = writtenAnswer(written, preferences, type);
  return answer(exchange, status, headers, body && asBody(body));
}

/** What is only judged has no seq, and belongs to no change set. */
function writtenHeaders(written: Written, { applied, dryRun }: Preferences): Record<string, string> {
  const headers: Record<string, string> =
    dryRun && written.outcome !== 'unchanged'
      ? {}
      : {
          'Larder-Seq': String(written.seq),
          'Larder-Change-Set': written.changeSet,
          'Larder-Durability': written.durability,
        };
  if (written.etag !== null) headers['ETag'] = `"${written.etag}"`;
  if (written.outcome === 'created') headers['Location'] = locationOf(written);
  if (applied.length > 0) headers['Preference-Applied'] = applied.join(', ');
  return headers;
}

const locationOf = ({ ref }: Written): string => `/v1/${ref.collection}/${encodePath(ref.id)}`;
