/** The tree: what lies at every path that means something, hashed in the workers. */
import { filesIn, type HashedDirectory } from '../../files/hash-directory.ts';
import type { Run } from './subject.ts';

/** Taken over before it is asked whether the turn is over. */
const AT_ONCE = 200;

type Reading = Pick<Run, 'subject' | 'fold' | 'counts' | 'progress' | 'breathe'>;

export async function readFiles(run: Reading): Promise<void> {
  for await (const directories of run.subject.bulk.hashed(''))
    for (const directory of directories) await takeDirectory(run, directory);
}

async function takeDirectory(run: Reading, directory: HashedDirectory): Promise<void> {
  const { fold, counts, progress, breathe } = run;
  const { path, unreadable, large } = directory;
  if (unreadable !== undefined && path !== '')
    fold.addFile({ path, digest: null, why: `a directory that cannot be read: ${unreadable}` });
  for (const file of filesIn(directory)) {
    fold.addFile(file);
    if (++counts.files % AT_ONCE === 0) await breathe();
  }
  for (const file of large) await takeLarge(run, file);
  progress({ stage: 'files', done: counts.files, total: null });
}

async function takeLarge({ subject, fold, counts }: Reading, path: string): Promise<void> {
  const [hashed] = await subject.bulk.digests([path]);
  counts.files++;
  if (!hashed) return;
  const { digest, why } = hashed;
  if (digest !== null || why !== null) fold.addFile({ path, digest, why });
}
