/** A version as `_history` tells it; the members have the wire's names. */
import type { Digest } from './digest.ts';
import type { Cause, Op, Seq, VersionKind } from './events.ts';
import type { DeletedItem, HistoryItem, WhyGone } from './requests.ts';

export interface ToldVersion {
  readonly seq: Seq;
  readonly at: string;
  readonly op: Op;
  readonly from?: string;
  readonly to?: string;
  readonly kind: VersionKind | null;
  readonly digest: Digest | null;
  readonly size: number;
  readonly gone?: WhyGone;
  readonly actor: string;
  readonly cause: Cause;
  readonly change_set: string;
  readonly session?: string;
}

export const tellVersion = (item: HistoryItem): ToldVersion => ({
  seq: item.seq,
  at: new Date(item.atMs).toISOString(),
  op: item.op,
  ...(item.from !== null && { from: item.from }),
  ...(item.to !== null && { to: item.to }),
  kind: item.kind,
  digest: item.digest,
  size: item.size,
  ...(item.gone !== null && { gone: item.gone }),
  actor: item.actor,
  cause: item.cause,
  change_set: item.changeSet,
  ...(item.session !== null && { session: item.session }),
});

export interface ToldDeletion {
  readonly _id: string;
  readonly seq: Seq;
  readonly at: string;
  readonly actor: string;
}

export const tellDeletion = ({ id, seq, atMs, actor }: DeletedItem): ToldDeletion => ({
  _id: id,
  seq,
  at: new Date(atMs).toISOString(),
  actor,
});
