/** Commands as typed, on a root that a daemon serves or that nobody does. */
import { pino } from 'pino';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { resolveConfig } from '../../src/config.ts';
import { openDaemon, type Daemon } from '../../src/daemon.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly json: Record<string, unknown>;
}

export const larder = (root: string, ...args: readonly string[]): Promise<Ran> => larderAt({}, root, ...args);

/** At a terminal, where somebody answers. */
export async function larderAt(terminal: Pick<Io, 'ask'>, root: string, ...args: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const code = await main([...args, '--root', root], {
    out: (text) => void (out += Buffer.from(text).toString()),
    err: (text) => void (err += text),
    isTerminal: false,
    env: {},
    workingDirectory: '/',
    signal: new AbortController().signal,
    ...terminal,
  });
  return { code, out, err, json: args.includes('--json') && out !== '' ? JSON.parse(out) : {} };
}

export async function serve(root: string): Promise<Daemon> {
  const { settings } = resolveConfig({
    flags: { root, 'listen.port': '0' },
    env: {},
    file: null,
    workingDirectory: '/',
    defaultRoot: root,
  });
  const daemon = await openDaemon({ root, settings, refuseEmpty: false, log: pino({ level: 'silent' }) });
  await daemon.larder.ready;
  return daemon;
}
