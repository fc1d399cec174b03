/** What every command is made with. */
import type { Command } from 'commander';
import { openAccess, type Access } from './access.ts';
import { loadConfig, type CommonFlags } from './config-file.ts';
import type { Io } from './io.ts';

/** Adds a command; `finish` is told its exit code. */
export type Add = (program: Command, io: Io, finish: (code: number) => void) => void;

/** Runs a command on the daemon that serves the root, or on the root itself. */
export async function withAccess(
  flags: CommonFlags,
  io: Io,
  run: (access: Access, root: string | null) => Promise<number>,
): Promise<number> {
  const config = loadConfig(flags, io);
  await using access = await openAccess(flags, config);
  return await run(access, flags.port === undefined && flags.host === undefined ? config.root : null);
}
