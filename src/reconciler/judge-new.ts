/** Whether a new version may be written at all: name free, schema usable. */
import { LarderError } from '../core/errors.ts';
import { folded } from '../core/names.ts';
import type { PathMeaning } from '../core/refs.ts';
import type { World } from './world.ts';

export interface NameState {
  /** Served under this very name already: nobody else can have it. */
  readonly isServed: boolean;
  /** A name that the same change set gives up. */
  readonly freed: string | undefined;
}

/** Throws what refuses it, whatever its bytes are. */
export function checkNew(world: World, meaning: PathMeaning, path: string, { isServed, freed }: NameState): void {
  if (meaning.kind === 'misnamed') throw new LarderError('bad_name', meaning.fault.detail, { errors: [meaning.fault] });
  if (!isServed) checkNameFree(world, path, freed);
  if (meaning.kind === 'document' && world.schemas.isUnusable(meaning.collection)) {
    const schema = `${meaning.collection}/_schema.json`;
    throw new LarderError('schema_broken', `${schema} cannot be used, so nothing can be judged by it`);
  }
}

function checkNameFree(world: World, path: string, freed?: string): void {
  const twin = world.catalog.pathFoldedAs(folded(path), path);
  if (twin !== undefined && twin !== freed)
    throw new LarderError('name_taken', `${path} differs from ${twin} only in case or spelling`);
}
