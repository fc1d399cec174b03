/** The part of a bulk worker that judges. */
import { tryEdit } from '../core/edited-document.ts';
import { workOn } from '../core/heavy-work.ts';
import { tryMerge, type MergeOutcome } from '../core/merged-document.ts';
import type { BulkReply, ExaminingRequest } from './bulk-requests.ts';
import { examineBatch, hashFile } from './examine-batch.ts';
import { toExaminedColumns } from './examined-columns.ts';
import { lookAtGrowth, readBeginning } from './growth.ts';
import { hashBatch } from './hash-batch.ts';
import { SchemaShelf } from './schema-shelf.ts';
import type { World } from './types.ts';

const shelf = new SchemaShelf();

export async function examineIn(
  world: World,
  request: ExaminingRequest,
): Promise<{ reply: BulkReply; handedOver: readonly ArrayBuffer[] }> {
  if (request.do === 'hash') return { reply: hashFile(world, request.path), handedOver: [] };
  if (request.do === 'beginning')
    return { reply: readBeginning(world, request.path, request.beginning), handedOver: [] };
  if (request.do === 'growth') return { reply: lookAtGrowth(world, request.path, request.before), handedOver: [] };
  if (request.do === 'digests') return { reply: hashBatch(world, request.paths), handedOver: [] };
  if (request.do === 'work') return { reply: workOn(request.name, request.args), handedOver: [] };
  const { inForce, texts } = request;
  await shelf.put(texts);
  if (request.do === 'edit' || request.do === 'merge') {
    const { change, current, path } = request;
    const judge = shelf.judgeOf(inForce, path);
    const outcome =
      request.do === 'edit' ? tryEdit(change, current, judge) : tryMerge(change, request.base, current, judge);
    return { reply: outcome, handedOver: ownBuffers(outcome) };
  }
  const batch = examineBatch(world, request.paths, (path) => shelf.judgeOf(inForce, path), request.known);
  return { reply: toExaminedColumns(batch), handedOver: batch.arena.buffers };
}

/** A text that was encoded may lie in a larger buffer, which others use too. */
function ownBuffers(outcome: MergeOutcome): readonly ArrayBuffer[] {
  if (outcome.kind !== 'edited') return [];
  const { buffer, byteLength } = outcome.document.bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
