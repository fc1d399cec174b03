import type { DirectoryListing } from './types.ts';
import { directoriesIn } from './walk.ts';

/** Directories listed by one call: large enough that the call itself costs nothing, small enough to be done in milliseconds. */
const BATCH_DIRECTORIES = 8;
/** Calls ahead of the consumer. */
const AHEAD = 4;

type ListDirectories = (paths: readonly string[]) => Promise<readonly DirectoryListing[]>;

/** Walks a tree through calls that list some directories each; holds the names of directories still to be listed, no more. */
export async function* walkTree(list: ListDirectories, from: string): AsyncGenerator<readonly DirectoryListing[]> {
  const waiting = [from];
  const running: Promise<readonly DirectoryListing[]>[] = [];
  while (waiting.length > 0 || running.length > 0) {
    while (waiting.length > 0 && running.length < AHEAD) running.push(started(list, waiting));
    const listings = await running.shift();
    for (const listing of listings ?? []) for (const directory of directoriesIn(listing)) waiting.push(directory);
    if (waiting.length > 0) running.push(started(list, waiting));
    yield listings ?? [];
  }
}

function started(list: ListDirectories, waiting: string[]): Promise<readonly DirectoryListing[]> {
  const call = list(waiting.splice(-BATCH_DIRECTORIES));
  // The failure is told to whoever awaits the call; without this it would end the process when nobody does any more.
  call.catch(() => undefined);
  return call;
}
