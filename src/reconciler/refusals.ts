/** What the disk refused, in the catalogue's words. */
import { LarderError, type ErrorCode } from '../core/errors.ts';

const CODES = new Map<string, readonly [code: ErrorCode, detail: string]>([
  ['ENOSPC', ['disk_full', 'the disk is full; nothing was changed']],
  ['EDQUOT', ['disk_full', 'the quota is used up; nothing was changed']],
  ['ENAMETOOLONG', ['bad_name', 'the path is too long for the file system']],
  ['ENOTDIR', ['conflict', 'a file stands where a directory would be needed']],
  ['EEXIST', ['conflict', 'a file stands where a directory would be needed']],
]);

/** The machine is short of something for the moment. */
const SHORT = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Nothing of ours is ever missed while it is as it was: somebody took it away. */
const isOurOwn = (error: object): boolean => 'path' in error && String(error.path).includes('/.larder/');

const WITHOUT_LARDER =
  '.larder, or a part of it, was removed under the daemon; the files are untouched, and nothing can be recorded. Stop Larder, put .larder back from a copy if there is one, and start: a start without it begins a new history';

const RETRY_SOON = { 'Retry-After': '1' };

/** A failed call of the kernel as a LarderError; our own errors, and bugs, as they are. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof LarderError || !(error instanceof Error) || !('code' in error)) return error;
  const errno = String(error.code);
  const known = CODES.get(errno);
  if (known) return new LarderError(known[0], known[1], { cause: error });
  if (SHORT.has(errno)) return new LarderError('busy', `short of ${errno}`, { cause: error, headers: RETRY_SOON });
  if (!('syscall' in error)) return error;
  if (errno === 'ENOENT' && isOurOwn(error)) return new LarderError('log_unwritable', WITHOUT_LARDER, { cause: error });
  return new LarderError('disk_failed', `nothing was changed: ${error.message}`, { cause: error });
}

const OF_THE_DISK: ReadonlySet<ErrorCode> = new Set(['disk_full', 'disk_failed', 'log_unwritable', 'busy']);

/** The same, where the disk or the log is to blame and the same thing may work later; undefined for anything else. */
export function refusalOfDisk(error: unknown): LarderError | undefined {
  const refusal = refusalOf(error);
  return refusal instanceof LarderError && OF_THE_DISK.has(refusal.code) ? refusal : undefined;
}

/** Whether only the next start may tell if a write that was refused was recorded. */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof LarderError && error.members['outcome'] === 'unknown';
