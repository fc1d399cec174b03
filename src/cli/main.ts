/** Runs a command line and answers its exit code (docs/cli.md). Nothing here ends the process. */
import { CommanderError } from 'commander';
import { LarderError } from '../core/errors.ts';
import { stayingAlive } from '../host/stay-alive.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';
import { sayRefusal } from './say-refusal.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

export async function main(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = createProgram(io, (finished) => (code = finished));
  try {
    await stayingAlive(() => program.parseAsync(args, { from: 'user' }));
    return code;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): number {
  // Commander has said what is wrong already; help and version end this way as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
  if (io.signal.aborted) {
    io.err('larder: interrupted\n');
    return INTERRUPTED;
  }
  if (error instanceof LarderError) {
    io.err(sayRefusal(error));
    return error.meaning.exit;
  }
  if (isSystemError(error)) {
    io.err(`larder: ${error.message}\n`);
    return FAILED;
  }
  // A fault of ours: the place is what helps.
  io.err(`larder: ${error instanceof Error ? error.stack : String(error)}\n`);
  return FAILED;
}

/** What the kernel refused, such as a full disk or a missing permission: its message names call and path. */
const isSystemError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error;
