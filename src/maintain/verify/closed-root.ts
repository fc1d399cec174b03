/**
 * A root that nobody serves, or a copy, opened for reading alone: no file of it is changed, not even a lock is taken. A catalog
 * is believed only where it was made (FORMAT, Derived); in a copy it is not even opened, because SQLite would write beside it.
 */
import { openBlobReads } from '../../blobs/blob-store.ts';
import { openCatalogAudit, type CatalogAudit } from '../../catalog/audit.ts';
import { catalogFile } from '../../catalog/catalog.ts';
import { LarderError } from '../../core/errors.ts';
import { BodyReader } from '../../events/body-reader.ts';
import { surveyLog, type LogSurvey } from '../../events/survey.ts';
import { openBulkThreads } from '../../files/bulk-threads.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import { systemClock } from '../../host/system-clock.ts';
import { afterOpening, type Fate } from './after-opening.ts';
import type { Subject, Suspect, Told } from './subject.ts';

export interface ClosedRoot extends Subject, AsyncDisposable {
  /** What becomes of each of them when the root is opened; null: nothing. */
  readonly fates: (suspects: readonly Suspect[], told: Told) => readonly (Fate | null)[];
}

/** Disposing ends the threads and removes the scratch copy. Throws LarderError `root_missing`, `log_damaged`. */
export async function openClosedRoot(root: string, { withCatalog = true } = {}): Promise<ClosedRoot> {
  const fs = nodeFileSystem;
  const stat = fs.lstat(root);
  if (stat?.kind !== 'directory') throw new LarderError('root_missing', `${root} is not a directory`);
  const logDirectory = `${root}/.larder/log`;
  const survey = surveyLog(fs, logDirectory, `${stat.dev}:${stat.ino}`);
  await using opening = new AsyncDisposableStack();
  const bulk = opening.use(openBulkThreads({ root, rootDevice: stat.dev, rootInode: stat.ino, clock: systemClock }));
  bulk.warmUp();
  const audit = withCatalog ? believedCatalog(root, survey, opening) : null;
  const blobs = openBlobReads({ fs, clock: systemClock, directory: `${root}/.larder/blobs` });
  const bodies = opening.use(new BodyReader(fs, logDirectory));
  const parts = { fs, clock: systemClock, root, logDirectory, survey, bulk, blobs, audit };
  const open = opening.move();
  const fates: ClosedRoot['fates'] = (suspects, told) => afterOpening(parts, suspects, told);
  return {
    ...parts,
    isLive: false,
    upTo: Number.MAX_SAFE_INTEGER,
    readStored: (place, digest) => bodies.read(place, digest),
    fates,
    lookAgain: async (suspects, told) => fates(suspects, told).flatMap((fate) => fate?.finding ?? []),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** A copied one is never believed. One that cannot be opened would be set aside and made anew: nothing to compare with. */
function believedCatalog(root: string, survey: LogSurvey, opening: AsyncDisposableStack): CatalogAudit | null {
  if (survey.isCopied) return null;
  const audit = tryOpen(catalogFile(`${root}/.larder/derived`));
  if (audit) opening.use(audit);
  return audit?.logId === survey.logId ? audit : null;
}

function tryOpen(file: string): CatalogAudit | null {
  try {
    return openCatalogAudit(file);
  } catch {
    return null;
  }
}
