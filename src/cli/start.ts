/** `larder start`: serves until a signal ends it. */
import { LarderError } from '../core/errors.ts';
import { refuseOpenDoors } from '../config.ts';
import { openDaemon, type Daemon } from '../daemon.ts';
import { VERSION } from '../version.ts';
import type { LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';
import { openLog } from './open-log.ts';

/** Resolves after an orderly stop. Rejects with a LarderError when it cannot serve. */
export async function start(
  config: LoadedConfig,
  options: { readonly init: boolean; readonly json: boolean },
  io: Io,
): Promise<number> {
  const { settings, root } = config;
  refuseOpenDoors(settings);
  const { log, flush } = openLog(settings['log.level']);
  try {
    await using daemon = await openDaemon({ root, settings, refuseEmpty: config.isConfigured && !options.init, log });
    log.info({ root, url: daemon.url, version: VERSION }, 'listening');
    await serve(daemon, options.json, io);
    log.info('stopping');
    return 0;
  } finally {
    flush();
  }
}

function announce({ larder, url }: Daemon, asJson: boolean, io: Io): void {
  if (asJson) return outJson(io, { root: larder.root, url, pid: process.pid, version: VERSION });
  io.out(`Larder ${VERSION} serves ${larder.root} on ${url}\n  docs  ${url}/docs\n  try   curl ${url}/v1\n`);
}

/**
 * Until interrupted; a first scan that fails ends it as well, because lists and search would never open. What it serves is said once
 * it does: until the log is read again every document waits, and a log that is damaged ends it.
 */
async function serve(daemon: Daemon, asJson: boolean, io: Io): Promise<void> {
  const { larder } = daemon;
  const interrupted = new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const caughtUp = larder.caughtUp.then(() => {
    if (!io.signal.aborted) announce(daemon, asJson, io);
    return larder.ready;
  });
  const scanned = caughtUp.then(() => {
    if (!asJson && !io.signal.aborted) io.out(sayReady(larder));
    return interrupted;
  });
  try {
    await Promise.race([interrupted, scanned]);
  } catch (error) {
    if (error instanceof LarderError) throw error;
    throw new LarderError(
      'root_missing',
      `the first scan failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function sayReady(larder: Daemon['larder']): string {
  const { documents, problems } = larder.status();
  const trouble = problems === 0 ? '' : `, ${problems} ${problems === 1 ? 'problem' : 'problems'} (larder problems)`;
  return `ready: ${documents} ${documents === 1 ? 'document' : 'documents'}${trouble}\n`;
}
