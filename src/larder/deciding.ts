/** What a decision about a problem is given, and what it comes to. */
import { LarderError } from '../core/errors.ts';
import type { Problem } from '../core/problems.ts';
import { classify, type DocumentRef } from '../core/refs.ts';
import type { Who, WriteOptions } from '../core/requests.ts';
import type { Choice, Decided } from '../larder-guards.ts';
import type { World } from '../reconciler/world.ts';

export interface Deciding {
  readonly world: World;
  readonly problem: Problem;
  readonly choice: Choice;
  readonly who: Who;
  readonly options: WriteOptions;
}

/** The rest of the answer is the same for all. */
export type Outcome = Pick<Decided, 'changed' | 'left' | 'changeSets'> & { readonly session?: string | null };

/** The document at a path. Throws `conflict` where none can be served. */
export function refOf(path: string): DocumentRef {
  const meaning = classify(path);
  if ('id' in meaning) return { collection: meaning.collection, id: meaning.id };
  throw new LarderError('conflict', `${path} has no name that can be served: rename it, or take a side`);
}
