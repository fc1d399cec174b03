/** RFC 9457: one shape for every refusal, wherever it arises. */
import { LarderError } from '../../core/errors.ts';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Anything that is not a LarderError is our fault: the caller gets its request id, the log has the rest. */
export const asLarderError = (error: unknown): LarderError =>
  error instanceof LarderError
    ? error
    : new LarderError('internal', 'something went wrong here; the log has the details under this request id', {
        cause: error,
      });

/** The problem as members of JSON; `requestId` is left out where one line of many is told. */
export function problemOf(error: LarderError, requestId?: string): Record<string, unknown> {
  const { status, title } = error.meaning;
  return {
    type: `urn:larder:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.errors.length > 0 && { errors: error.errors }),
    hint: error.hint,
    ...(requestId !== undefined && { request_id: requestId }),
    ...error.members,
  };
}

/** Seconds after which a refusal for the moment may be gone. */
const RETRY_AFTER_S = '1';

export function problemAnswer(error: LarderError, requestId: string): ProblemAnswer {
  const { status } = error.meaning;
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Larder-Request-Id': requestId,
      ...(status === 503 && { 'Retry-After': RETRY_AFTER_S }),
      ...error.headers,
    },
    body: `${JSON.stringify(problemOf(error, requestId))}\n`,
  };
}
