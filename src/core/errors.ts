/**
 * The one catalogue of errors that a caller can get: code -> HTTP status, exit code, title, and what to do. Every face
 * renders from here; docs/errors.md is held against it by a test.
 */
import type { Fault } from './events.ts';

interface Meaning {
  readonly status: number;
  readonly exit: number;
  readonly title: string;
  readonly hint: string;
}

const define = <const T extends Record<string, Meaning>>(catalogue: T): T => catalogue;

export const ERRORS = define({
  bad_request: { status: 400, exit: 2, title: 'The request cannot be read', hint: 'See detail.' },
  unknown_parameter: {
    status: 400,
    exit: 2,
    title: 'Unknown parameter',
    hint: 'Parameters of Larder start with _; the nearest known name is in detail.',
  },
  bad_parameter: {
    status: 400,
    exit: 2,
    title: 'A parameter has a value that is not allowed',
    hint: 'See detail for what is allowed.',
  },
  bad_cursor: {
    status: 400,
    exit: 2,
    title: 'The cursor is damaged or belongs to another query',
    hint: 'Start again without _cursor.',
  },
  bad_path: { status: 400, exit: 2, title: 'The path is not allowed', hint: 'See the name rules in docs/http.md.' },
  bad_name: { status: 400, exit: 2, title: 'The name is not allowed', hint: 'See the name rules in docs/http.md.' },
  bad_json: { status: 400, exit: 2, title: 'The body is not acceptable JSON', hint: 'errors names line and column.' },
  bad_patch: { status: 400, exit: 2, title: 'The patch is malformed', hint: 'errors names the operation.' },
  future_seq: { status: 400, exit: 2, title: 'That seq is not reached yet', hint: 'Larder-Seq names the newest.' },
  unauthorized: {
    status: 401,
    exit: 6,
    title: 'A key is needed',
    hint: 'Ask the daemon on the loopback address under a loopback Host, without forwarding headers, or send a key.',
  },
  forbidden_origin: {
    status: 403,
    exit: 6,
    title: 'Web pages of another origin are refused',
    hint: 'Call from the same origin or without a browser.',
  },
  not_found: { status: 404, exit: 5, title: 'Nothing is there', hint: 'See detail.' },
  method_not_allowed: { status: 405, exit: 2, title: 'This method is not allowed here', hint: 'Allow lists what is.' },
  not_acceptable: { status: 406, exit: 2, title: 'No such representation', hint: 'See detail for what can be had.' },
  request_timeout: { status: 408, exit: 1, title: 'The request came too slowly', hint: 'Send it again.' },
  exists: { status: 409, exit: 6, title: 'Something is there already', hint: 'Choose another id, or PUT over it.' },
  name_taken: {
    status: 409,
    exit: 6,
    title: 'A name that differs only in case or spelling is taken',
    hint: 'Use the existing name, or delete it first.',
  },
  document_invalid: {
    status: 409,
    exit: 6,
    title: 'The file on disk is not the version that is served',
    hint: 'Fix the file, or send If-Match with the digest of its bytes to replace it.',
  },
  document_held: {
    status: 409,
    exit: 6,
    title: 'The document is held: it disappeared with many others, or nobody can look at it',
    hint: 'larder problems says why, and what to do.',
  },
  conflict: { status: 409, exit: 6, title: 'The change conflicts with the state', hint: 'See detail.' },
  merge_conflict: {
    status: 409,
    exit: 6,
    title: 'The same value was changed by both sides',
    hint: 'conflicts shows base, yours and theirs: decide, and write with the current ETag.',
  },
  undo_conflict: {
    status: 409,
    exit: 6,
    title: 'Not everything of it can be taken back',
    hint: 'conflicts says what stands in the way, and whose change where it is one. Nothing was undone: settle that first, or undo less.',
  },
  ambiguous_time: {
    status: 409,
    exit: 6,
    title: 'The clock went back, so that this time can mean more than one moment',
    hint: 'Name a seq instead: _history shows seqs and times.',
  },
  not_servable: {
    status: 409,
    exit: 6,
    title: 'What lies on disk there cannot be served',
    hint: 'Fix the file; problem says what is wrong with it.',
  },
  must_refetch: {
    status: 409,
    exit: 6,
    title: 'The feed cannot be continued from there',
    hint: 'Fetch everything anew, then follow from Larder-Seq.',
  },
  patch_failed: { status: 409, exit: 6, title: 'The patch does not apply', hint: 'errors names the operation.' },
  gone: {
    status: 410,
    exit: 5,
    title: 'The bytes of that version are not kept',
    hint: 'They were pruned or forgotten, or are more than the history keeps. Other versions may be there.',
  },
  version_damaged: {
    status: 410,
    exit: 5,
    title: 'The bytes of that version are damaged on disk',
    hint: 'Only that version is; the others are there. With Larder stopped, put the file that detail names back from a backup that holds it at the same size. larder verify names everything that is damaged.',
  },
  precondition_failed: {
    status: 412,
    exit: 6,
    title: 'The precondition does not hold',
    hint: 'Read again; ETag names the current version.',
  },
  too_large: { status: 413, exit: 2, title: 'Too large', hint: 'See detail for the limit.' },
  url_too_long: { status: 414, exit: 2, title: 'The URL is too long', hint: 'At most 8 KiB.' },
  unsupported_media_type: {
    status: 415,
    exit: 2,
    title: 'This media type is not understood',
    hint: 'See detail for the ones that are.',
  },
  range_not_satisfiable: { status: 416, exit: 2, title: 'No such range', hint: 'Content-Range names the size.' },
  expectation_failed: {
    status: 417,
    exit: 2,
    title: 'This expectation cannot be met',
    hint: 'Send Expect: 100-continue, or none.',
  },
  wrong_host: {
    status: 421,
    exit: 6,
    title: 'This host is not answered',
    hint: 'Ask under 127.0.0.1 or localhost, or configure hosts.',
  },
  schema_refused: {
    status: 422,
    exit: 6,
    title: 'The document does not fit its schema',
    hint: 'errors names each place.',
  },
  schema_broken: {
    status: 409,
    exit: 6,
    title: 'The collection has a schema that cannot be used',
    hint: 'Fix _schema.json: larder problems names the place.',
  },
  headers_too_large: { status: 431, exit: 2, title: 'The headers are too large', hint: 'At most 16 KiB.' },
  internal: {
    status: 500,
    exit: 1,
    title: 'A fault of Larder itself',
    hint: 'The log has the details under this request id.',
  },
  not_implemented: { status: 501, exit: 2, title: 'This is not offered', hint: 'See the HTTP reference.' },
  starting: {
    status: 503,
    exit: 7,
    title: 'The first scan is not finished',
    hint: 'Try again in a moment; /readyz shows the progress.',
  },
  busy: { status: 503, exit: 1, title: 'Too much work is waiting', hint: 'Retry-After says when to try again.' },
  stopping: { status: 503, exit: 7, title: 'The daemon is stopping', hint: 'Try again in a moment.' },
  pending: { status: 503, exit: 1, title: 'The file is being changed right now', hint: 'Try again in a moment.' },
  other_device: {
    status: 503,
    exit: 6,
    title: 'The path lies on another device',
    hint: 'Mount the data as one file system.',
  },
  root_gone: {
    status: 503,
    exit: 6,
    title: 'The root is not there',
    hint: 'Mount its disk, or move the directory back: everything goes on by itself then.',
  },
  log_unwritable: {
    status: 503,
    exit: 1,
    title: 'The event log cannot be written',
    hint: 'Nothing was changed; see the log for the cause.',
  },
  disk_failed: {
    status: 503,
    exit: 1,
    title: 'The disk or the kernel refused',
    hint: 'Nothing was changed. detail names the call; the kernel log (dmesg) often says more.',
  },
  disk_full: {
    status: 507,
    exit: 1,
    title: 'The disk is full',
    hint: 'Nothing was changed. Free some space; recording resumes by itself.',
  },
  root_missing: { status: 500, exit: 1, title: 'The root cannot be served', hint: 'See detail.' },
  root_empty: {
    status: 500,
    exit: 6,
    title: 'The configured root is empty',
    hint: 'Is the disk mounted? For a new root: larder init.',
  },
  root_locked: { status: 500, exit: 7, title: 'Another process serves this root', hint: 'larder status shows which.' },
  log_damaged: {
    status: 500,
    exit: 1,
    title: 'The event log is damaged',
    hint: 'The files are untouched. Restore .larder/log from a copy, or move it away to start a new history.',
  },
  log_newer: {
    status: 500,
    exit: 6,
    title: 'A newer Larder wrote this event log',
    hint: 'Start that one, or a newer one. Nothing is damaged, and nothing was changed.',
  },
  cannot_listen: {
    status: 500,
    exit: 1,
    title: 'The address cannot be listened on',
    hint: 'Choose another with --host and --port; ss -ltnp shows who has it.',
  },
  bad_config: { status: 500, exit: 2, title: 'The configuration cannot be used', hint: 'See detail.' },
  no_daemon: {
    status: 503,
    exit: 7,
    title: 'No daemon answers',
    hint: 'larder start runs one; larder status shows where it listens.',
  },
  bad_usage: { status: 400, exit: 2, title: 'Wrong usage', hint: 'larder --help' },
});

export type ErrorCode = keyof typeof ERRORS;

export interface LarderErrorOptions {
  readonly errors?: readonly Fault[];
  /** Members and headers that a face may show beside the standard ones. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

const IN_DOUBT =
  'Whether it was written is not known yet, and settles by itself as soon as the disk takes anything: read it again then.';

/** A request that cannot be done as asked. Bugs are ordinary errors and end the process. */
export class LarderError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly Fault[];
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, detail: string, options: LarderErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'LarderError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }

  get meaning(): Meaning {
    return ERRORS[this.code];
  }

  /** What to do: what this very refusal says comes before what holds for all of its code. */
  get hint(): string {
    const own = this.members['hint'];
    if (typeof own === 'string') return own;
    return this.members['outcome'] === 'unknown' ? IN_DOUBT : this.meaning.hint;
  }
}
