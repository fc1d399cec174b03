/** Where a write of a document is edited and judged: here, or in a worker when it is large (DESIGN 3.11). */
import { rememberDigest } from '../core/digest.ts';
import { editDocument, editedOf, type EditedDocument, type Writing } from '../core/edited-document.ts';
import type { JudgeValue } from '../core/examine.ts';
import { tryMerge, type MergeConflicts } from '../core/merged-document.ts';
import { classify, collectionOf } from '../core/refs.ts';
import { IN_THREAD_BYTES } from '../files/heavy.ts';
import type { World } from './world.ts';

/** `current`: the valid text on disk, or null. Throws what refuses the write. */
export async function editedDocument(
  world: World,
  path: string,
  change: Writing,
  current: Uint8Array | null,
): Promise<EditedDocument> {
  if (isJudgedHere(world, path, [change.body, current])) return editDocument(change, current, judgeOf(world, path));
  return remembered(editedOf(await inWorker(world, (schemas) => world.bulk.edit(path, change, current, schemas))));
}

/** A change that was made for `base`, merged with what is on disk. Throws what refuses it. */
export async function mergedWith(
  world: World,
  path: string,
  change: Writing,
  base: Uint8Array,
  current: Uint8Array | null,
): Promise<EditedDocument | MergeConflicts> {
  const isHere = isJudgedHere(world, path, [change.body, base, current]);
  const outcome = isHere
    ? tryMerge(change, base, current, judgeOf(world, path))
    : await inWorker(world, (schemas) => world.bulk.merge(path, change, base, current, schemas));
  if (outcome.kind === 'conflict') return outcome;
  return isHere ? editedOf(outcome) : remembered(editedOf(outcome));
}

/** A schema in TypeScript cannot travel to the worker. */
const isJudgedHere = ({ schemas }: World, path: string, texts: readonly (Uint8Array | null)[]): boolean =>
  texts.every((text) => (text?.length ?? 0) <= IN_THREAD_BYTES) || schemas.isFixed(collectionOf(classify(path)));

const judgeOf =
  ({ schemas }: World, path: string): JudgeValue =>
  (value, text) =>
    schemas.judge(path, value, text);

async function inWorker<Outcome>(
  { schemas }: World,
  ask: (texts: ReturnType<World['schemas']['texts']>) => Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    const { changes } = schemas;
    const outcome = await ask(schemas.texts());
    // Judged by a schema that is in force no more: once again.
    if (schemas.changes === changes) return outcome;
  }
}

/** The worker has computed the digest of this very array. */
function remembered(edited: EditedDocument): EditedDocument {
  rememberDigest(edited.bytes, edited.digest);
  return edited;
}
