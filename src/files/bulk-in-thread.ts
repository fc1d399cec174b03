import { tryEdit } from '../core/edited-document.ts';
import { workOn } from '../core/heavy-work.ts';
import { tryMerge } from '../core/merged-document.ts';
import type { BulkReader, SchemaTexts } from './bulk.ts';
import { examineBatch, examineWhole, hashFile } from './examine-batch.ts';
import { lookAtGrowth, readBeginning } from './growth.ts';
import { hashAll, hashBatch } from './hash-batch.ts';
import { hashDirectory, hashing } from './hash-directory.ts';
import { hashPieces } from './hash-pieces.ts';
import { hashTexts } from './hash-texts.ts';
import { SchemaShelf, type SchemasInForce } from './schema-shelf.ts';
import { walkTree } from './tree-walk.ts';
import type { World } from './types.ts';
import { directoriesIn, LISTED_AT_ONCE, walkDirectory } from './walk.ts';

/** Does the work where it is called: for file systems that exist in one thread only. */
export function openBulkInThread(world: World): BulkReader {
  const shelf = new SchemaShelf();
  const hash = async (path: string) => hashFile(world, path);
  return {
    warmUp: () => {},
    walk: (from) =>
      walkTree(
        {
          list: async (paths) => paths.map((path) => walkDirectory(world, path)),
          directoriesIn,
          atOnce: LISTED_AT_ONCE,
        },
        from,
      ),
    hashed: (from) =>
      walkTree({ ...hashing, list: async (paths) => paths.map((path) => hashDirectory(world, path)) }, from),
    async examine(paths, schemas, known = new Map()) {
      const inForce = await shelve(shelf, schemas);
      const ask = async (some: readonly string[]) =>
        examineBatch(world, some, (path) => shelf.judgeOf(inForce, path), known).examined;
      return examineWhole(paths, ask, hash);
    },
    pieces: async (pieces) => hashPieces(world.fs, pieces),
    texts: async (texts) => hashTexts(texts),
    digests: (paths) => hashAll(paths, hashBatch(world, paths), hash),
    hash,
    beginning: async (path, beginning) => readBeginning(world, path, beginning),
    growth: async (path, before) => lookAtGrowth(world, path, before),
    async edit(path, change, current, schemas) {
      const inForce = await shelve(shelf, schemas);
      return tryEdit(change, current, shelf.judgeOf(inForce, path));
    },
    async merge(path, change, base, current, schemas) {
      const inForce = await shelve(shelf, schemas);
      return tryMerge(change, base, current, shelf.judgeOf(inForce, path));
    },
    work: async (name, args) => workOn(name, args),
    async [Symbol.asyncDispose]() {},
  };
}

async function shelve(shelf: SchemaShelf, schemas: SchemaTexts): Promise<SchemasInForce> {
  await shelf.put([...schemas.values()].map(({ digest, text }) => [digest, text] as const));
  return new Map([...schemas].map(([collection, { digest }]) => [collection, digest]));
}
