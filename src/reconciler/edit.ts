/** Where a write of a document is edited and judged: here, or in a worker when it is large (DESIGN 3.11). */
import { rememberDigest } from '../core/digest.ts';
import { editDocument, editedOf, type EditedDocument, type Writing } from '../core/edited-document.ts';
import { classify, collectionOf } from '../core/refs.ts';
import type { World } from './world.ts';

/** Up to here some milliseconds of the event loop. */
const IN_THREAD_BYTES = 256 * 1024;

/** `current`: the valid text on disk, or null. Throws what refuses the write. */
export async function editedDocument(
  world: World,
  path: string,
  change: Writing,
  current: Uint8Array | null,
): Promise<EditedDocument> {
  const { schemas, bulk } = world;
  const isLarge = Math.max(change.body.length, current?.length ?? 0) > IN_THREAD_BYTES;
  // A schema in TypeScript cannot travel to the worker.
  if (!isLarge || schemas.isFixed(collectionOf(classify(path))))
    return editDocument(change, current, (value, text) => schemas.judge(path, value, text));
  for (;;) {
    const { changes } = schemas;
    const outcome = await bulk.edit(path, change, current, schemas.texts());
    // Judged by a schema that is in force no more: once again.
    if (schemas.changes === changes) return remembered(editedOf(outcome));
  }
}

/** The worker has computed the digest of this very array. */
function remembered(edited: EditedDocument): EditedDocument {
  rememberDigest(edited.bytes, edited.digest);
  return edited;
}
