/** The tree: what lies at every path that means something, hashed by the hundred in the workers. */
import { classify } from '../../core/refs.ts';
import type { DirectoryListing, ListedName } from '../../files/types.ts';
import { isOurs, join } from '../../files/ours.ts';
import type { Run } from './subject.ts';

const BATCH = 500;
const IN_FLIGHT = 3;

export async function readFiles(run: Run): Promise<void> {
  const { bulk } = run.subject;
  const running = new Set<Promise<void>>();
  let waiting: Named[] = [];
  const flush = async (): Promise<void> => {
    const work = hash(run, waiting).finally(() => void running.delete(work));
    waiting = [];
    running.add(work);
    if (running.size >= IN_FLIGHT) await Promise.race(running);
  };
  for await (const listings of bulk.walk('')) {
    for (const listing of listings) {
      noteUnreadable(run, listing);
      waiting.push(...namesOf(run, listing));
      while (waiting.length >= BATCH) await flush();
    }
  }
  await flush();
  await Promise.all(running);
}

function noteUnreadable({ fold }: Run, { path, unreadable }: DirectoryListing): void {
  if (unreadable !== undefined && path !== '')
    fold.addFile({ path, digest: null, key: '', why: `a directory that cannot be read: ${unreadable}` });
}

interface Named {
  readonly path: string;
  /** Why it is not served whatever is in it. */
  readonly refused: string | null;
}

function namesOf({ fold }: Run, { path, entries }: DirectoryListing): Named[] {
  return entries.flatMap((entry) => {
    const at = join(path, entry.name);
    if (!entry.addressable) {
      noteUnaddressable(fold, at, entry);
      return [];
    }
    const meaning = classify(at);
    if (meaning.kind === 'files-schema' || !isOurs(meaning, entry)) return [];
    return [{ path: at, refused: meaning.kind === 'misnamed' ? 'its name is not allowed' : null }];
  });
}

function noteUnaddressable(fold: Run['fold'], path: string, { name, key }: ListedName): void {
  if (/\.jsonl?$/.test(name)) fold.addFile({ path, digest: null, key, why: 'its name is not UTF-8' });
}

async function hash({ subject, fold, counts, progress, breathe }: Run, names: readonly Named[]): Promise<void> {
  if (names.length === 0) return;
  const hashed = await subject.bulk.digests(names.map(({ path }) => path));
  for (const [index, { digest, key, why }] of hashed.entries()) {
    const named = names[index];
    if (named && (digest !== null || why !== null))
      fold.addFile({ path: named.path, digest, key: key ?? '', why: why ?? named.refused });
  }
  counts.files += names.length;
  progress({ stage: 'files', done: counts.files, total: null });
  await breathe();
}
