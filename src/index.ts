/** The library: `openLarder` gives what the daemon serves, to a program of its own. */
import { provideAsyncDisposableStack } from './util/async-disposable-stack.ts';

export { LarderError, ERRORS, type ErrorCode } from './core/errors.ts';
export type { Digest } from './core/digest.ts';
export type { Fault, Seq } from './core/events.ts';
export type { Problem } from './core/problems.ts';
export type { DocumentRef } from './core/refs.ts';
export type * from './core/requests.ts';
export type { FileAnswer, Larder } from './larder-types.ts';
export { openLarder, type OpenOptions } from './larder.ts';

provideAsyncDisposableStack();
