/** Large versions in the blob store: each is there, and is what its name promises. */
import type { Digest } from '../../core/digest.ts';
import type { Run } from './subject.ts';

const PAGE = 200;

export async function checkBlobs(run: Run): Promise<void> {
  const { fold, counts, progress } = run;
  for (const digests of fold.blobs(PAGE)) {
    for (const digest of digests) {
      check(run, digest);
      counts.blobs++;
      progress({ stage: 'blobs', done: counts.blobs, total: null });
      await run.breathe();
    }
  }
}

function check({ subject, fold, report }: Run, digest: Digest): void {
  const state = subject.blobs.verify(digest);
  if (state === 'whole') return;
  const twin = fold.fileWith(digest);
  report({
    kind: twin === undefined || state === 'damaged' ? 'difference' : 'pending',
    code: 'blob',
    path: `.larder/blobs/${digest.slice(0, 2)}/${digest}`,
    expected: digest,
    found: state === 'missing' ? null : 'other bytes',
    detail:
      twin === undefined
        ? 'the bytes of a version are kept nowhere'
        : `${twin} has these bytes; a missing blob is taken from there`,
  });
}
