/** RFC 9110 13.1 on what lies on disk, not on what the catalog remembers (DESIGN 3.4). */
import type { Digest } from '../core/digest.ts';
import { LarderError } from '../core/errors.ts';
import type { Preconditions } from '../core/requests.ts';

export interface DiskState {
  /** Digest of the bytes on disk; null when nothing is there. */
  readonly disk: Digest | null;
  readonly served: Digest | null;
}

const names = (wanted: '*' | readonly string[], digest: Digest | null): boolean =>
  digest !== null && (wanted === '*' || wanted.includes(digest));

/** Throws `precondition_failed` with the current ETag. */
export function checkPreconditions(
  conditions: Preconditions | undefined,
  state: DiskState,
  describe: () => Readonly<Record<string, unknown>>,
): void {
  if (conditions?.ifMatch !== undefined && !names(conditions.ifMatch, state.disk)) {
    throw failed(state, 'If-Match names another version than the one on disk', describe());
  }
  if (conditions?.ifNoneMatch !== undefined && names(conditions.ifNoneMatch, state.disk)) {
    throw failed(state, 'If-None-Match names what is on disk', describe());
  }
}

/** Bytes on disk that are not the served ones are somebody's work: only If-Match with their digest may replace them. */
export function checkUnserved(conditions: Preconditions | undefined, state: DiskState): void {
  if (state.disk === null || state.disk === state.served) return;
  if (conditions?.ifMatch !== undefined && conditions.ifMatch !== '*') return;
  const detail = `the file on disk (digest ${state.disk}) is not the version that is served`;
  throw new LarderError('document_invalid', detail, { members: { digest: state.disk, serving: state.served } });
}

function failed(state: DiskState, detail: string, members: Readonly<Record<string, unknown>>): LarderError {
  const headers = state.served === null ? {} : { ETag: `"${state.served}"` };
  return new LarderError('precondition_failed', detail, { members: { etag: state.served, ...members }, headers });
}
