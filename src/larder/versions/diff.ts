/** What changed between two versions of a document. */
import type { StoredEvent } from '../../catalog/answers.ts';
import { LarderError } from '../../core/errors.ts';
import type { Seq } from '../../core/events.ts';
import { holdsFiles, pathOf, type DocumentRef } from '../../core/refs.ts';
import { diffVersions, type DiffKind, type DiffSide, type VersionDiffText } from '../../core/version-diff.ts';
import { IN_THREAD_BYTES } from '../../files/heavy.ts';
import { callWithDeadline } from '../../host/deadline-call.ts';
import type { VersionDiff } from '../../larder-versions.ts';
import type { World } from '../../reconciler/world.ts';
import { sayNearDocument } from '../near-names.ts';
import { bytesAfter, digestAfter, newestBefore, requireEvent } from './find-version.ts';

export interface DiffOptions {
  readonly from: Seq | null;
  readonly to: Seq | null;
  readonly as: DiffKind;
}

/** Null: before the first version. */
type Side = StoredEvent | null;

export async function diff(world: World, ref: DocumentRef, { from, to, as }: DiffOptions): Promise<VersionDiff> {
  const toEvent = to === null ? newestOf(world, ref) : sideOf(world, ref, to);
  const fromEvent = from === null ? (newestBefore(world, ref, toEvent?.seq ?? null) ?? null) : sideOf(world, ref, from);
  const sides = [await diffSide(world, ref, fromEvent), await diffSide(world, ref, toEvent)] as const;
  const seqs = { from: fromEvent?.seq ?? 0, to: toEvent?.seq ?? 0 };
  return { ...seqs, text: textOf(await run(sides, as), seqs) };
}

const sideOf = (world: World, ref: DocumentRef, seq: Seq): Side => (seq === 0 ? null : requireEvent(world, ref, seq));

function newestOf(world: World, ref: DocumentRef): StoredEvent {
  const newest = newestBefore(world, ref, null);
  if (newest) return newest;
  const hint = sayNearDocument(world, ref);
  throw new LarderError('not_found', `${ref.collection}/${ref.id} is not there, and has no history`, {
    members: hint === null ? {} : { hint },
  });
}

/** Reading and proving one of 16 MiB takes a turn of its own, and so does handing both over. */
async function diffSide(world: World, ref: DocumentRef, event: Side): Promise<DiffSide> {
  if (event === null)
    return { path: pathOf(ref), label: 'before the first version', bytes: null, digest: null, size: 0 };
  const { path, seq, atMs, actor, size } = event;
  const digest = digestAfter(ref, event);
  const bytes = digest === null ? null : keptBytes(world, ref, event);
  await world.clock.yieldTurn();
  return { path, label: `seq ${seq}, ${new Date(atMs).toISOString()}, ${actor}`, bytes, digest, size };
}

/** Of files the history keeps short ones; of a document's version without bytes nothing is known to compare. */
function keptBytes(world: World, ref: DocumentRef, event: StoredEvent): Uint8Array | null {
  try {
    return bytesAfter(world, ref, event);
  } catch (error) {
    if (error instanceof LarderError && error.code === 'gone' && holdsFiles(ref.collection)) return null;
    throw error;
  }
}

/** Larger ones than `IN_THREAD_BYTES` are compared in a thread of their own. */
const IN_THREAD_MS = 30;
const DEADLINE_MS = 5000;

const MODULE = new URL(
  import.meta.url.endsWith('.ts') ? '../../core/version-diff.ts' : '../../core/version-diff.js',
  import.meta.url,
);

async function run([from, to]: readonly [DiffSide, DiffSide], as: DiffKind): Promise<VersionDiffText> {
  if ((from.bytes?.length ?? 0) + (to.bytes?.length ?? 0) <= IN_THREAD_BYTES) {
    const here = diffVersions(from, to, as, IN_THREAD_MS);
    if (here.kind !== 'too-different') return here;
  }
  const args = [from, to, as, DEADLINE_MS] as const;
  const called = await callWithDeadline<VersionDiffText>({ module: MODULE, name: 'diffVersions', args }, DEADLINE_MS);
  return called.kind === 'done' ? called.value : { kind: 'too-different' };
}

function textOf(result: VersionDiffText, seqs: { readonly from: Seq; readonly to: Seq }): string {
  switch (result.kind) {
    case 'done':
      return result.text;
    case 'not-json':
      throw new LarderError(
        'not_acceptable',
        `seq ${seqs[result.side]} is no JSON document: a JSON Patch cannot tell it`,
        {
          members: { hint: 'Ask with Accept: text/plain, or larder diff without --json, for a text diff.' },
        },
      );
    case 'too-different':
      throw new LarderError('too_large', `seq ${seqs.from} and seq ${seqs.to} differ too much for a diff`, {
        members: { hint: 'Read both: …/_history/{seq}, or larder show --seq, answers the bytes of each.' },
      });
  }
}
