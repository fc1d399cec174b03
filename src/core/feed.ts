/** How a recorded event is told to followers of the feed (API.md, feed event). */
import type { Digest } from './digest.ts';
import type { Cause, Fault, Op, Seq } from './events.ts';
import { classify } from './refs.ts';
import type { FeedEvent, FeedScope } from './requests.ts';

/** What the feed needs of a stored event. */
export interface Recorded {
  readonly seq: Seq;
  readonly atMs: number;
  readonly op: Op;
  readonly path: string;
  readonly from: string | null;
  readonly digest: Digest | null;
  readonly before: Digest | null;
  readonly actor: string;
  readonly cause: Cause;
  readonly changeSet: string;
  readonly session: string | null;
  readonly code: string | null;
  readonly faults: readonly Fault[];
}

const formatTime = (ms: number): string => new Date(ms).toISOString();

/** Collection and id as the feed names them; a path without an id is named by itself. */
function addressOf(path: string): { collection: string; id: string } {
  const meaning = classify(path);
  if (meaning.kind === 'schema') return { collection: meaning.collection, id: '_schema' };
  if ('id' in meaning) return { collection: meaning.collection, id: meaning.id };
  const [namespace, collection, ...rest] = path.split('/');
  return {
    collection: collection === undefined ? (namespace ?? '') : `${namespace}/${collection}`,
    id: rest.join('/'),
  };
}

/** `ns/collection/id` */
export const fullName = (path: string): string => {
  const { collection, id } = addressOf(path);
  return `${collection}/${id}`;
};

function inScope(scope: FeedScope, path: string): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'namespace':
      return path.startsWith(`${scope.namespace}/`);
    case 'collection':
      return path === scope.collection || path.startsWith(`${scope.collection}/`);
  }
}

/** A feed that covers only the source of a move tells it as a deletion that says where to. */
export function feedEvent(event: Recorded, scope: FeedScope): FeedEvent {
  const leftScope = event.from !== null && !inScope(scope, event.path);
  const path = leftScope && event.from !== null ? event.from : event.path;
  return {
    seq: event.seq,
    at: formatTime(event.atMs),
    op: leftScope ? 'delete' : event.op,
    ...addressOf(path),
    ...(event.from !== null && !leftScope && { from: fullName(event.from) }),
    ...(leftScope && { to: fullName(event.path) }),
    digest: leftScope ? null : event.digest,
    before: event.before,
    actor: event.actor,
    cause: event.cause,
    change_set: event.changeSet,
    ...(event.session !== null && { session: event.session }),
    ...(event.code !== null && { code: event.code }),
    ...(event.faults.length > 0 && { errors: event.faults }),
  };
}
