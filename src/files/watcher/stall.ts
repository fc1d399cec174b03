/** Notices that the event loop was blocked: the kernel's queue of changes may have overflowed meanwhile, and says nothing. */
import type { Clock, Timer } from '../../host/ports.ts';

export interface StallWatch {
  close(): void;
}

export interface StallOptions {
  readonly clock: Clock;
  readonly onStall: (lateMs: number) => void;
}

const EVERY_MS = 500;
/** At 16,384 queued events this takes 65,000 changes a second to overflow; less does not happen by itself. */
const LATE_MS = 250;

export function watchStalls({ clock, onStall }: StallOptions): StallWatch {
  let timer: Timer;
  const arm = (): void => {
    const dueMs = clock.monotonicMs() + EVERY_MS;
    timer = clock.after(EVERY_MS, () => {
      const lateMs = clock.monotonicMs() - dueMs;
      arm();
      if (lateMs > LATE_MS) onStall(lateMs);
    });
  };
  arm();
  return { close: () => timer.cancel() };
}
