/** Calls ahead of the consumer. */
const AHEAD = 4;

export interface TreeWalk<Listing> {
  readonly list: (paths: readonly string[]) => Promise<readonly Listing[]>;
  /** Those that a listing says to go on with. */
  readonly directoriesIn: (listing: Listing) => readonly string[];
  /** Directories listed by one call: enough that the call itself costs nothing, few enough to be done in milliseconds. */
  readonly atOnce: number;
}

/** Walks a tree through calls that list some directories each; holds the names of directories still to be listed, no more. */
export async function* walkTree<Listing>(walk: TreeWalk<Listing>, from: string): AsyncGenerator<readonly Listing[]> {
  const waiting = [from];
  const running: Promise<readonly Listing[]>[] = [];
  while (waiting.length > 0 || running.length > 0) {
    while (waiting.length > 0 && running.length < AHEAD) running.push(started(walk, waiting));
    const listings = await running.shift();
    for (const listing of listings ?? []) for (const directory of walk.directoriesIn(listing)) waiting.push(directory);
    if (waiting.length > 0) running.push(started(walk, waiting));
    yield listings ?? [];
  }
}

function started<Listing>({ list, atOnce }: TreeWalk<Listing>, waiting: string[]): Promise<readonly Listing[]> {
  const call = list(waiting.splice(-atOnce));
  // The failure is told to whoever awaits the call; without this it would end the process when nobody does any more.
  call.catch(() => undefined);
  return call;
}
