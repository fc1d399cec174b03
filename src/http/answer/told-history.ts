/** What documents and files were, told alike: their versions, what changed between two of them, and a way back. */
import { z } from 'zod';
import type { Seq } from '../../core/events.ts';
import { sayWhereVersionsAre } from '../../core/not-there.ts';
import type { DocumentRef } from '../../core/refs.ts';
import type { Written } from '../../core/requests.ts';
import { tellVersion } from '../../core/told-versions.ts';
import type { Exchange } from '../exchange.ts';
import { parseBody } from '../request/json-body.ts';
import { answerType, bodyType, JSON_TYPE, TEXT_TYPE } from '../request/media-types.ts';
import { FROM, LIMIT, parseSeq, TO } from '../request/parameters.ts';
import type { Preferences } from '../request/preferences.ts';
import { valueOf } from '../request/query.ts';
import { readBody } from '../request/request-body.ts';
import type { Serving } from '../serving.ts';
import { answer } from './answers.ts';
import { beforeOf } from './cursors.ts';
import { answerPage, mapPage } from './pages.ts';
import { notFound } from './refusals.ts';
import { writeIntent } from './write-requests.ts';

const nameOf = ({ collection, id }: DocumentRef): string => `${collection}/${id}`;

export function listVersions(exchange: Exchange, serving: Serving, ref: DocumentRef): Response {
  const limit = valueOf(exchange.target.query, LIMIT);
  const page = serving.larder.history(ref, { before: beforeOf(exchange), limit });
  if (page === undefined) {
    const near = serving.larder.versions.near(ref.collection, ref.id);
    throw notFound(nameOf(ref), near ?? 'It has no history either.');
  }
  return answerPage(
    exchange,
    serving,
    mapPage(page, (item) => JSON.stringify(tellVersion(item))),
  );
}

/** The seq that `…/_history/{seq}` names. Throws `not_found`. */
export function versionNamed({ target }: Exchange, ref: DocumentRef): Seq {
  const seq = parseSeq(target.address?.operation[1] ?? '');
  if (seq !== null) return seq;
  const hint = sayWhereVersionsAre(ref);
  throw notFound(`a version of ${nameOf(ref)} with this name (its seq, a number, is its name)`, hint);
}

/** The first of the types is what a client gets that does not say. */
export async function answerDiff(
  exchange: Exchange,
  { larder }: Serving,
  ref: DocumentRef,
  types: readonly [string, ...string[]],
): Promise<Response> {
  const type = answerType(exchange.incoming.headers.accept, types);
  const { query } = exchange.target;
  const asText = type === TEXT_TYPE;
  const options = { from: valueOf(query, FROM), to: valueOf(query, TO), as: asText ? 'text' : 'patch' } as const;
  const { from, to, text } = await larder.versions.diff(ref, options);
  const headers = {
    'Content-Type': asText ? `${TEXT_TYPE}; charset=utf-8` : type,
    'Larder-From': String(from),
    'Larder-To': String(to),
    'Larder-Seq': String(larder.seq),
  };
  return answer(exchange, 200, headers, asText ? text : `${text}\n`);
}

const REVERT = z.object({ to: z.int('must be the seq of a version').min(1, 'must be the seq of a version') });

export async function revertAsked(
  exchange: Exchange,
  { larder, config, clock }: Serving,
  ref: DocumentRef,
): Promise<{ readonly written: Written; readonly preferences: Preferences }> {
  bodyType(exchange.incoming.headers, [JSON_TYPE]);
  const { who, preconditions, options, preferences } = writeIntent(exchange);
  const { to } = parseBody(await readBody(exchange, config.bodyLimitBytes, clock), REVERT);
  return { written: await larder.versions.revert(ref, to, who, preconditions, options), preferences };
}
