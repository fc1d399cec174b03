/**
 * The log of the daemon, a line a record, on standard error. Lines of requests are written some at a time: one write for each was
 * a fifteenth of a PUT. What warns is written at once.
 */
import pino, { type Logger } from 'pino';
import { systemClock } from '../host/system-clock.ts';

/** A reader that stands still must not stop Larder: beyond this the newest lines of the log are dropped. */
const BUFFER_BYTES = 1024 * 1024;
const GATHERED_BYTES = 4096;
const GATHERED_MS = 200;
const WARN = pino.levels.values['warn'] ?? 0;

export interface OpenLog {
  readonly log: Logger;
  /** Writes what is still held. */
  readonly flush: () => void;
}

export function openLog(level: string): OpenLog {
  const destination = pino.destination({ dest: 2, sync: false, maxLength: BUFFER_BYTES, minLength: GATHERED_BYTES });
  let isArmed = false;
  const flush = (): void => {
    isArmed = false;
    destination.flush();
  };
  const hooks = {
    logMethod(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn, at: number): void {
      method.apply(this, args);
      if (at >= WARN) return flush();
      if (!isArmed) systemClock.after(GATHERED_MS, flush);
      isArmed = true;
    },
  };
  return { log: pino({ level, hooks }, destination), flush: () => destination.flushSync() };
}
