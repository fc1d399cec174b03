/** A question to the person at the terminal. */
import { createInterface } from 'node:readline/promises';

/** Undefined where standard input or standard error is no terminal. Only `y` and `yes` mean yes. Rejects once `signal` aborts. */
export function terminalAsk(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): ((question: string) => Promise<boolean>) | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return async (question) => {
    // Not as a terminal: Ctrl-C stays the signal that ends every command.
    using lines = createInterface({ input: stdin, output: stderr, terminal: false });
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended])).trim());
  };
}
