/** `_batch`: mixed writes over several collections as one change set. */
import { MOST_CHANGE_BYTES } from '../../core/change-set.ts';
import type { Context } from 'hono';
import { readBatch, type BatchRead, type BatchRequest } from '../../core/batch-requests.ts';
import { LarderError } from '../../core/errors.ts';
import type { WriteOptions, Written } from '../../core/requests.ts';
import type { SetItem } from '../../larder-versions.ts';
import { callWithDeadline } from '../../host/deadline-call.ts';
import { paceOf } from '../../host/pace.ts';
import { answerJson } from '../answer/answers.ts';
import { writeIntent } from '../answer/write-requests.ts';
import { setItemOf } from '../bulk/batch-items.ts';
import { STATUS } from '../bulk/bulk-run.ts';
import type { Exchange, HttpEnv } from '../exchange.ts';
import { bodyType, JSON_TYPE } from '../request/media-types.ts';
import { readBody } from '../request/request-body.ts';
import type { Route } from '../route.ts';
import type { Serving } from '../serving.ts';

export const batchRoutes = (serving: Serving): Route[] => [
  {
    method: 'POST',
    path: '/v1/_batch',
    summary: 'Mixed writes over several collections as one change set, all or none',
    parameters: [],
    requestHeaders: ['Prefer', 'Larder-Session'],
    bodies: [JSON_TYPE],
    answers: [JSON_TYPE],
    statuses: [200],
    handle: (c) => answerBatch(c, serving),
  },
];

async function answerBatch({ env }: Context<HttpEnv>, { larder, clock }: Serving): Promise<Response> {
  bodyType(env.incoming.headers, [JSON_TYPE]);
  const { who, options, preferences } = writeIntent(env);
  refuseConditions(env);
  const requests = await parse(await readBody(env, MOST_CHANGE_BYTES, clock));
  const items: SetItem[] = [];
  const pace = paceOf(clock);
  for (const [i, request] of requests.entries()) {
    items.push(naming(i, () => setItemOf(request)));
    await pace();
  }
  const written = await larder.versions.writeSet(items, who, options);
  const headers: Record<string, string> = { 'Larder-Seq': String(larder.seq) };
  if (preferences.applied.length > 0) headers['Preference-Applied'] = preferences.applied.join(', ');
  const changeSet = options.dryRun ? null : (written[0]?.changeSet ?? null);
  if (changeSet !== null) headers['Larder-Change-Set'] = changeSet;
  headers['Larder-Durability'] = larder.durability;
  return answerJson(
    env,
    { items: written.map((one) => tell(one, options)), seq: rangeOf(written, options.dryRun), change_set: changeSet },
    headers,
  );
}

/** They belong to the requests, each of which has its own. */
function refuseConditions({ incoming: { headers } }: Exchange): void {
  if (headers['if-match'] === undefined && headers['if-none-match'] === undefined) return;
  throw new LarderError('bad_request', 'If-Match and If-None-Match of a batch stand in the headers of its requests');
}

/** Larger bodies are read in a thread of their own. */
const IN_THREAD_BYTES = 256 * 1024;
const DEADLINE_MS = 30_000;
const MODULE = new URL(
  import.meta.url.endsWith('.ts') ? '../../core/batch-requests.ts' : '../../core/batch-requests.js',
  import.meta.url,
);

async function parse(body: Buffer): Promise<readonly BatchRequest[]> {
  const read = body.length <= IN_THREAD_BYTES ? readBatch(body) : await readElsewhere(body);
  if (read.kind === 'requests') return read.requests;
  const { i, code, detail, errors } = read;
  throw new LarderError(code, detail, { errors, members: i === null ? {} : { i } });
}

async function readElsewhere(body: Buffer): Promise<BatchRead> {
  const called = await callWithDeadline<BatchRead>({ module: MODULE, name: 'readBatch', args: [body] }, DEADLINE_MS);
  if (called.kind === 'done') return called.value;
  throw new LarderError('request_timeout', 'the body could not be read in time');
}

function naming<T>(i: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    const { code, message, errors, members } = error;
    throw new LarderError(code, message, { errors, members: { i, ...members }, cause: error });
  }
}

const tell = ({ outcome, ref, etag, seq }: Written, { dryRun = false }: WriteOptions): Record<string, unknown> => ({
  collection: ref.collection,
  id: ref.id,
  status: STATUS[outcome],
  ...(etag !== null && { etag }),
  // What is only judged has none.
  ...(!(dryRun && outcome !== 'unchanged') && { seq }),
});

/** First and last seq of what was changed; null when nothing was. */
function rangeOf(written: readonly Written[], isDryRun = false): readonly [number, number] | null {
  const seqs = written.filter(({ outcome }) => outcome !== 'unchanged').map(({ seq }) => seq);
  return isDryRun || seqs.length === 0 ? null : [Math.min(...seqs), Math.max(...seqs)];
}
