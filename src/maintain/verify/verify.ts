/**
 * Proves that files, log, catalog and text index say the same (DESIGN I1), and names each difference. Nothing is changed.
 *
 *     log ----> fold, catalog beside fold
 *                    files                    then  fold beside files, blobs
 *
 * The log and the catalog are read on this thread while the workers hash the files, the bodies of the log and the texts of the catalog. Memory is bounded: what has to be remembered of each path
 * lies in a scratch database once there are many (catalog/fold.ts).
 */
import { openFold } from '../../catalog/fold.ts';
import { FoldedCopies } from '../../catalog/folded-copies.ts';
import { FoldedStreams } from '../../catalog/folded-streams.ts';
import { paceOf } from '../../host/pace.ts';
import { checkBlobs } from './blobs-stage.ts';
import { compareCatalog } from './catalog-stage.ts';
import { compareFiles } from './compare-stage.ts';
import { readFiles } from './files-stage.ts';
import { readLog } from './log-stage.ts';
import { checkStreams } from './streams-stage.ts';
import type { Run, Subject } from './subject.ts';
import type { Finding, VerifyProgress, VerifySummary } from './types.ts';

export interface VerifyListener {
  readonly finding: (finding: Finding) => void;
  readonly progress: (progress: VerifyProgress) => void;
}

/** Of the files neither has to wait for more. */
async function readLogAndCatalog(run: Run): Promise<void> {
  await readLog(run);
  await compareCatalog(run);
}

export async function verify(subject: Subject, listener: VerifyListener): Promise<VerifySummary> {
  const startedMs = subject.clock.monotonicMs();
  using fold = openFold();
  using streams = new FoldedStreams();
  const tally = { difference: 0, pending: 0 };
  const run: Run = {
    subject,
    fold,
    streams,
    copies: new FoldedCopies(),
    report(finding) {
      tally[finding.kind]++;
      listener.finding(finding);
    },
    progress: listener.progress,
    breathe: paceOf(subject.clock),
    counts: { files: 0, versions: 0, blobs: 0, withoutBytes: 0 },
  };
  await Promise.all([readLogAndCatalog(run), readFiles(run)]);
  await compareFiles(run);
  await checkBlobs(run);
  await checkStreams(run);
  const { files, versions, blobs, withoutBytes } = run.counts;
  return {
    ok: tally.difference === 0,
    differences: tally.difference,
    pending: tally.pending,
    log: subject.survey.logId,
    seq: Math.min(subject.upTo, subject.survey.lastSeq),
    paths: fold.count(),
    files,
    versions,
    blobs,
    without_bytes: withoutBytes,
    catalog: subject.audit !== null,
    elapsed_ms: Math.round(subject.clock.monotonicMs() - startedMs),
  };
}
