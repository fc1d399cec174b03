/**
 * V8 guards code pages by hardware keys where the processor has them, and its book-keeping of them ends the process now and then when
 * threads that used WebAssembly end ("Check failed: jit_page.has_value()", nodejs/node#64500). V8 decides when it starts, before any
 * of our code runs, and NODE_OPTIONS does not take the flag: where nobody gave it, the process replaces itself by one that has it.
 */
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

export const WITHOUT_PAGE_KEYS = '--no-memory-protection-keys';

export interface Launched {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  /** The program first, as Node.js has it behind its own path. */
  readonly argv: readonly string[];
  readonly execve?: ((file: string, args?: readonly string[]) => never) | undefined;
}

/** Returns where there is nothing to do. Nothing may have been read from standard input, or opened, before. */
export function dropPageKeys(launched: Launched, cpuinfo = '/proc/cpuinfo'): void {
  const { execPath, execArgv, argv, execve } = launched;
  if (execve === undefined || platform() !== 'linux' || execArgv.includes(WITHOUT_PAGE_KEYS)) return;
  if (hasPageKeys(cpuinfo)) execve(execPath, [execPath, WITHOUT_PAGE_KEYS, ...execArgv, ...argv.slice(1)]);
}

function hasPageKeys(cpuinfo: string): boolean {
  try {
    return /^flags\s*:.* ospke( |$)/m.test(readFileSync(cpuinfo, 'utf8'));
  } catch {
    // A service may be kept from seeing that: better once too often.
    return true;
  }
}
