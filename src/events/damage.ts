import { LarderError } from '../core/errors.ts';

/** What an operator can do about it belongs to the message, because nothing else works until it is done. */
const REMEDY =
  'The data files are untouched. Put .larder/log back from a copy, or move it away to start a new history; `larder rescue DIR` writes everything in it that is still readable.';

export const damaged = (path: string, offset: number, reason: string): LarderError =>
  new LarderError('log_damaged', `${path}, byte ${offset}: ${reason}. ${REMEDY}`, {
    members: { segment: path, offset },
  });

/** Of one version alone: heads and chain are whole, so that everything else stays readable. */
export const damagedBody = (path: string, offset: number, digest: string): LarderError =>
  new LarderError('version_damaged', `the bytes of version ${digest} are damaged: ${path}, byte ${offset}`, {
    members: { segment: path, offset },
  });

const PUT_BACK = 'Stop Larder, put the log back as it was, and start: a start without it begins a new history';

/** The log was moved, or another put in its place, while it was in use. */
export const notOurs = (path: string): LarderError =>
  new LarderError(
    'log_unwritable',
    `${path} is not the file that was opened: something moved the event log, or put another in its place. ${PUT_BACK}`,
  );

export const writtenByOthers = (path: string): LarderError =>
  new LarderError(
    'log_unwritable',
    `${path} does not end as it was left: something else wrote to the event log. ${PUT_BACK}`,
  );
