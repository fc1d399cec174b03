/** `larder undo`: shows what would be taken back, then asks, or wants `--yes`. */
import { LarderError } from '../core/errors.ts';
import type { UndoConflict, Undone, UndoRequest } from '../core/undo-requests.ts';
import type { Access } from './access.ts';
import { askFirst, type SureFlags } from './ask-first.ts';
import { outJson, type Io } from './io.ts';
import { parseSeq, parseTarget } from './targets.ts';

export interface UndoFlags extends SureFlags {
  readonly changeSet?: string;
  readonly actor?: string;
  readonly session?: string;
  readonly since?: string;
  readonly toSeq?: string;
}

export async function undo(
  { versions }: Access,
  root: string | null,
  target: string | undefined,
  flags: UndoFlags,
  io: Io,
): Promise<number> {
  const request = { ...requestOf(flags), ...placeOf(target, root, io) };
  const run = (isPreview: boolean): Promise<Undone> => versions.undo(request, isPreview);
  try {
    await askFirst({ run, describe, isEmpty: ({ undone }) => undone === 0 }, flags, io);
    return 0;
  } catch (error) {
    if (error instanceof LarderError && error.code === 'undo_conflict') tellConflicts(error, flags.json === true, io);
    throw error;
  }
}

function requestOf({ changeSet, actor, session, since, toSeq }: UndoFlags): UndoRequest {
  return {
    ...(changeSet !== undefined && { change_set: changeSet }),
    ...(actor !== undefined && { actor }),
    ...(session !== undefined && { session }),
    ...(since !== undefined && { since: /^\d{1,15}$/.test(since) ? Number(since) : since }),
    ...(toSeq !== undefined && { to_seq: parseSeq(toSeq) }),
  };
}

function placeOf(text: string | undefined, root: string | null, io: Io): UndoRequest {
  if (text === undefined) return {};
  const target = parseTarget(text, root, io);
  if (target.kind === 'document') return { collection: target.ref.collection, document: target.ref.id };
  if (target.scope.kind === 'collection') return { collection: target.scope.collection };
  throw new LarderError('bad_usage', `${text} is neither a document nor a collection`);
}

const MOST_SHOWN = 50;
const VERBS = { create: 'bring back', update: 'put back', delete: 'delete' } as const;

function describe({ items, unchanged, schemas, left: broken, change_set, undone }: Undone, isPreview: boolean): string {
  const lines = items
    .slice(0, MOST_SHOWN)
    .map(({ op, collection, id }) => `${VERBS[op].padEnd(10)}  ${collection}/${id}\n`);
  const more = items.length > MOST_SHOWN ? `… and ${items.length - MOST_SHOWN} more\n` : '';
  const left = schemas.map(
    ({ collection, seq }) =>
      `stays       ${collection}/_schema.json, changed by seq ${seq}: larder show ${collection}/_schema.json --at ${seq - 1} has the one before\n`,
  );
  const gone = broken.map(
    ({ collection, id, seq }) =>
      `stays       ${collection}/${id}, which was never served: larder show ${collection}/${id} --seq ${seq} has its bytes\n`,
  );
  const already = unchanged === 0 ? '' : `, ${unchanged} as before already`;
  const done = isPreview ? `${undone} to take back${already}` : `${undone} taken back${already}`;
  const again = change_set === null ? '' : `; larder undo --change-set ${change_set} --yes takes this back`;
  return `${lines.join('')}${more}${left.join('')}${gone.join('')}${done}${again}\n`;
}

function tellConflicts({ members }: LarderError, asJson: boolean, io: Io): void {
  const conflicts = (members['conflicts'] ?? []) as readonly UndoConflict[];
  if (asJson) return outJson(io, { conflicts, conflicts_total: members['conflicts_total'] });
  for (const { collection, id, detail, seq, actor, at } of conflicts.slice(0, MOST_SHOWN)) {
    const by = seq === undefined ? '' : ` (seq ${seq}, ${at}, ${actor})`;
    io.err(`conflict  ${collection}/${id}: ${detail}${by}\n`);
  }
}
