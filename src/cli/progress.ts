/** One line that is written over itself, for people only. */
import type { Clock } from '../host/ports.ts';
import type { ImportProgress } from '../maintain/import-types.ts';
import type { Io } from './io.ts';

const EVERY_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

interface Line<T> extends Disposable {
  readonly show: (progress: T) => void;
  clear(): void;
}

export type ProgressLine = Line<ImportProgress>;

export function openProgress(io: Io, clock: Clock): ProgressLine {
  const line = openLine(io, clock);
  return { ...line, show: (progress) => line.show(() => describe(progress)) };
}

/** A text that is made only when it is shown. */
export function openLine(io: Io, clock: Clock): Line<() => string> {
  let shownMs = -Infinity;
  const clear = (): void => {
    if (shownMs > -Infinity) io.err(CLEAR_LINE);
    shownMs = -Infinity;
  };
  const show = (say: () => string): void => {
    const nowMs = clock.monotonicMs();
    if (!io.isTerminal || nowMs - shownMs < EVERY_MS) return;
    shownMs = nowMs;
    io.err(`${CLEAR_LINE}${say()}`);
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
