/** `larder rebuild`: the derived data are set aside and made anew; nothing is announced that was announced before. */
import { LarderError } from '../core/errors.ts';
import { systemClock } from '../host/system-clock.ts';
import { openLarder } from '../larder.ts';
import { findDaemonFor } from './access.ts';
import type { CommonFlags, LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';

export async function rebuildRoot(flags: CommonFlags, config: LoadedConfig, io: Io): Promise<number> {
  refuseServed(flags, config);
  const startedMs = systemClock.monotonicMs();
  const { documents, problems, seq } = await rebuild(config);
  const elapsedMs = Math.round(systemClock.monotonicMs() - startedMs);
  if (flags.json === true) outJson(io, { documents, problems, seq, elapsed_ms: elapsedMs });
  else
    io.out(`rebuilt: ${documents.toLocaleString('en')} documents, ${problems} problems, seq ${seq}, ${elapsedMs} ms\n`);
  return 0;
}

export async function rebuild({ root, settings: { durability } }: LoadedConfig): Promise<{
  readonly documents: number;
  readonly problems: number;
  readonly seq: number;
}> {
  await using larder = await openLarder({ root, durability, watcher: 'none', rebuild: true });
  await larder.ready;
  return larder.status();
}

/** A catalog cannot be taken away under those who read it; a restart after it was removed does the same. */
export function refuseServed(flags: CommonFlags, config: LoadedConfig): void {
  const daemon = findDaemonFor(flags, config);
  if (daemon === null) return;
  throw new LarderError(
    'root_locked',
    `a daemon serves ${config.root} at ${daemon.url}: stop it first (systemctl stop larder). Nothing was changed`,
  );
}
