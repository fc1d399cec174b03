/** Whether a new version may be written at all: name free, schema usable, document fitting. */
import { LarderError } from '../core/errors.ts';
import { readJson } from '../core/json/read-json.ts';
import { searchTextOf } from '../core/json/search-text.ts';
import { folded } from '../core/names.ts';
import type { PathMeaning } from '../core/refs.ts';
import type { World } from './world.ts';

export interface NameState {
  /** Served under this very name already: nobody else can have it. */
  readonly isServed: boolean;
  /** A name that the same change set gives up. */
  readonly freed: string | undefined;
}

/** Throws what refuses it; answers what full text shall index. */
export function judgeNew(
  world: World,
  meaning: PathMeaning,
  path: string,
  bytes: Uint8Array,
  { isServed, freed }: NameState,
): string {
  if (meaning.kind === 'misnamed') throw new LarderError('bad_name', meaning.fault.detail, { errors: [meaning.fault] });
  if (!isServed) checkNameFree(world, path, freed);
  if (meaning.kind !== 'document') return '';
  const read = readJson(bytes);
  if (read.kind === 'invalid')
    throw new LarderError('bad_json', read.faults[0]?.detail ?? 'not a document', { errors: read.faults });
  checkSchema(world, meaning.collection, path, read.value, read.text);
  return searchTextOf(read.value);
}

function checkNameFree(world: World, path: string, freed?: string): void {
  const twin = world.catalog.pathFoldedAs(folded(path), path);
  if (twin !== undefined && twin !== freed)
    throw new LarderError('name_taken', `${path} differs from ${twin} only in case or spelling`);
}

function checkSchema(world: World, collection: string, path: string, value: unknown, text: string): void {
  if (world.schemas.isUnusable(collection)) {
    throw new LarderError('schema_broken', `${collection}/_schema.json cannot be used, so nothing can be judged by it`);
  }
  const faults = world.schemas.judge(path, value, text);
  if (faults.length === 0) return;
  const [first] = faults;
  throw new LarderError('schema_refused', `${first?.pointer || '/'}: ${first?.detail}`, { errors: faults });
}
