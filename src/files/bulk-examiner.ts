/** The part of a bulk worker that judges. */
import { judgeBytes } from '../core/examine.ts';
import type { BulkReply, BulkRequest } from './bulk-requests.ts';
import { examineBatch, hashFile } from './examine-batch.ts';
import { toExaminedColumns } from './examined-columns.ts';
import { lookAtGrowth, readBeginning } from './growth.ts';
import { hashBatch } from './hash-batch.ts';
import { SchemaShelf } from './schema-shelf.ts';
import type { World } from './types.ts';

type Examining = Exclude<BulkRequest, { do: 'list' | 'stage' }>;

const shelf = new SchemaShelf();

export async function examineIn(
  world: World,
  request: Examining,
): Promise<{ reply: BulkReply; handedOver: readonly ArrayBuffer[] }> {
  if (request.do === 'hash') return { reply: hashFile(world, request.path), handedOver: [] };
  if (request.do === 'beginning')
    return { reply: readBeginning(world, request.path, request.beginning), handedOver: [] };
  if (request.do === 'growth') return { reply: lookAtGrowth(world, request.path, request.before), handedOver: [] };
  if (request.do === 'digests') return { reply: hashBatch(world, request.paths), handedOver: [] };
  const { inForce, texts } = request;
  await shelf.put(texts);
  if (request.do === 'judge') {
    return { reply: judgeBytes(request.path, request.bytes, shelf.judgeOf(inForce, request.path)), handedOver: [] };
  }
  const batch = examineBatch(world, request.paths, (path) => shelf.judgeOf(inForce, path), request.known);
  return { reply: toExaminedColumns(batch), handedOver: batch.arena.buffers };
}
