/** One line that is written over itself, for people only. */
import type { Clock } from '../host/ports.ts';
import type { ImportProgress } from '../maintain/import-types.ts';
import type { Io } from './io.ts';

const EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

export interface ProgressLine extends Disposable {
  readonly show: (progress: ImportProgress) => void;
  clear(): void;
}

export function openProgress(io: Io, clock: Clock): ProgressLine {
  let shownMs = -Infinity;
  const clear = (): void => {
    if (shownMs > -Infinity) io.err(CLEAR_LINE);
    shownMs = -Infinity;
  };
  const show = (progress: ImportProgress): void => {
    const nowMs = clock.monotonicMs();
    if (!io.isTerminal || nowMs - shownMs < EVERY_MS) return;
    shownMs = nowMs;
    io.err(`${CLEAR_LINE}${describe(progress)}`);
  };
  return { show, clear, [Symbol.dispose]: clear };
}

/** `12,000 records, 41 %, 3,200/s, 6 s left` */
function describe({ records, bytes, totalBytes, elapsedMs }: ImportProgress): string {
  const perSecond = Math.round((records / Math.max(elapsedMs, 1)) * 1000);
  const share = totalBytes === null || totalBytes === 0 || bytes === 0 ? null : Math.min(bytes / totalBytes, 1);
  const left = share === null ? [] : [`${Math.floor(share * 100)} %`];
  const time = share === null ? [] : [`${Math.ceil(((elapsedMs / share) * (1 - share)) / 1000)} s left`];
  return [`${records.toLocaleString('en')} records`, ...left, `${perSecond.toLocaleString('en')}/s`, ...time].join(
    ', ',
  );
}
