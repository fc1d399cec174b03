import { test } from 'vitest';
import { isInstalled } from '../scripts/test-programs.ts';

/**
 * `test` where these programs are installed; elsewhere a skipped test whose name says aloud what is missing:
 * `needs('rsync')('a copy by rsync is whole', async () => { … })`.
 */
export function needs(
  ...programs: readonly string[]
): (name: string, body: () => Promise<void> | void, timeoutMs?: number) => void {
  const missing = programs.filter((program) => !isInstalled(program));
  return (name, body, timeoutMs) => {
    if (missing.length === 0) test(name, body, timeoutMs);
    else test.skip(`${name} (needs ${missing.join(', ')})`, () => {});
  };
}
