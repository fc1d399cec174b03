/** Looks at many paths in a row and judges what is there: the work of one call, in whatever thread it runs. */
import { examine, type JudgeValue } from '../core/examine.ts';
import { MAX_DOCUMENT_BYTES } from '../core/json/read-json.ts';
import { openArena, type Arena } from './arena.ts';
import type { KnownVersions } from './bulk.ts';
import { look } from './look.ts';
import { rememberParents } from './parents.ts';
import type { Examined, Look, World } from './types.ts';

/** Bytes after which a batch ends early; the caller asks again for the rest. */
const BATCH_BYTES = 16 * 1024 * 1024;

export interface ExaminedBatch {
  /** The first of the paths, at least one; all of them as a rule. */
  readonly examined: readonly Examined[];
  readonly arena: Arena;
}

export function examineBatch(
  world: World,
  paths: readonly string[],
  judgeOf: (path: string) => JudgeValue,
  known: KnownVersions,
): ExaminedBatch {
  const arena = openArena(paths.length);
  const options = {
    maxBytes: world.heldBytes ?? MAX_DOCUMENT_BYTES,
    allocate: arena.allocate,
    parents: rememberParents(world),
  };
  const examined: Examined[] = [];
  for (const path of paths) {
    examined.push(examine(path, look(world, path, options), judgeOf(path), known.get(path)));
    if (arena.usedBytes() >= BATCH_BYTES) break;
  }
  return { examined, arena };
}

export const hashFile = (world: World, path: string): Look => look(world, path, { maxBytes: -1, hashLarge: true });

type AskForSome = (paths: readonly string[]) => Promise<readonly Examined[]>;

/** Asks until every path is answered, then has the large files hashed. */
export async function examineWhole(
  paths: readonly string[],
  ask: AskForSome,
  hash: (path: string) => Promise<Look>,
): Promise<Examined[]> {
  const examined: Examined[] = [];
  while (examined.length < paths.length) examined.push(...(await ask(paths.slice(examined.length))));
  return Promise.all(examined.map(async (one) => (one.look.kind === 'large' ? withDigest(one, hash) : one)));
}

async function withDigest(examined: Examined, hash: (path: string) => Promise<Look>): Promise<Examined> {
  const hashed = await hash(examined.path);
  // It may be something else by now, or short enough to be held: then it is looked at again as that.
  if (hashed.kind !== 'large' || isShorter(hashed, examined.look))
    return { ...examined, look: { kind: 'unstable' }, digest: null, verdict: null, searchText: null };
  return { ...examined, look: hashed, digest: hashed.digest };
}

const isShorter = ({ stat: now }: Extract<Look, { kind: 'large' }>, before: Look): boolean =>
  'stat' in before && now.size < before.stat.size;
