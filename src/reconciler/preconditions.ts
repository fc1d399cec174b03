/** RFC 9110 13.1 on what lies on disk, not on what the catalog remembers (DESIGN 3.4). */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Preconditions } from '../core/requests.ts';

export interface DiskState {
  /** Digest of the bytes on disk; null when nothing is there. */
  readonly disk: Digest | null;
  readonly served: Digest | null;
  /** If-Match names the base of a merge, which need not be what is there. */
  readonly merges?: boolean;
}

export const names = (wanted: '*' | readonly string[] | undefined, digest: Digest | null): boolean =>
  digest !== null && wanted !== undefined && (wanted === '*' || wanted.includes(digest));

/** Throws `precondition_failed` with the current ETag. */
export function checkPreconditions(
  conditions: Preconditions | undefined,
  state: DiskState,
  describe: (conditions: Preconditions) => Readonly<Record<string, unknown>>,
): void {
  if (conditions === undefined) return;
  if (conditions.ifMatch !== undefined && !state.merges && !names(conditions.ifMatch, state.disk)) {
    // What was read is still served: what is in the way is the file, and reading again would not help.
    if (state.disk !== null && names(conditions.ifMatch, state.served)) throw unserved(state);
    throw failed(state, 'If-Match names another version than the one on disk', describe(conditions));
  }
  if (names(conditions.ifNoneMatch, state.disk)) {
    throw failed(state, 'If-None-Match names what is on disk', describe(conditions));
  }
}

/** Bytes on disk that are not the served ones are somebody's work: only If-Match with their digest may replace them. */
export function checkUnserved(conditions: Preconditions | undefined, state: DiskState): void {
  if (state.disk === null || state.disk === state.served) return;
  if (!state.merges && conditions?.ifMatch !== undefined && conditions.ifMatch !== '*') return;
  throw unserved(state);
}

const unserved = ({ disk, served }: DiskState): LarderError =>
  new LarderError('document_invalid', `the file on disk (digest ${disk}) is not the version that is served`, {
    members: { digest: disk, serving: served },
  });

function failed(state: DiskState, detail: string, members: Readonly<Record<string, unknown>>): LarderError {
  const headers = state.served === null ? {} : { ETag: `"${state.served}"` };
  const unserved = state.disk === state.served ? {} : { digest: state.disk };
  return new LarderError('precondition_failed', detail, {
    members: { etag: state.served, ...unserved, ...members },
    headers,
  });
}
