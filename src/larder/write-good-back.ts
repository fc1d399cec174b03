import { LarderError } from '../core/errors.ts';
import { classify } from '../core/refs.ts';
import type { Who } from '../core/requests.ts';
import { bytesOf } from '../reconciler/bodies.ts';
import { writeSchema } from '../reconciler/write-schema.ts';
import { write } from '../reconciler/write.ts';
import { refOf, type Deciding, type Outcome } from './deciding.ts';

/** A broken save is taken back; its bytes stay in the history. */
export async function writeGoodBack({ world, problem, who, options }: Deciding): Promise<Outcome> {
  const head = world.catalog.head(problem.path);
  if (
    !head?.servedBody ||
    head.servedDigest === null ||
    head.servedDigest === problem.digest ||
    problem.digest === null
  )
    throw new LarderError('conflict', `${problem.path} has no good version to go back to: correct the file`, {
      members: { problem },
    });
  const change = { op: 'exact', body: bytesOf(world, head.servedBody, head.servedDigest) } as const;
  const preconditions = { ifMatch: [problem.digest] };
  const restoring: Who = { ...who, cause: 'restore' };
  const meaning = classify(problem.path);
  const written =
    meaning.kind === 'schema'
      ? await writeSchema(world, meaning.collection, change, restoring, preconditions, options)
      : await write(world, { ref: refOf(problem.path), change, preconditions }, restoring, options);
  return { changed: 1, left: 0, changeSets: [written.changeSet] };
}
