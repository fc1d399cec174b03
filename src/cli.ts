#!/usr/bin/env node
/** The entry of the command line. Checks the version before anything is loaded that would crash on an older Node.js. */
import process from 'node:process';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`larder: Node.js 22.22 or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}

const { dropPageKeys } = await import('./cli/page-keys.ts');
dropPageKeys(process);
const { provideAsyncDisposableStack } = await import('./util/async-disposable-stack.ts');
provideAsyncDisposableStack();
const { main } = await import('./cli/main.ts');
const { terminalAsk } = await import('./cli/ask.ts');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Someone at a terminal who asks twice no longer waits: kill -9 is safe too, so this is. A service manager may repeat itself.
    if (interrupt.signal.aborted && signal === 'SIGINT') process.exit(130);
    interrupt.abort();
  });
}
// A reader that has seen enough (`larder types | head`) is no fault.
process.stdout.on('error', () => process.exit(0));

const ask = terminalAsk(process, interrupt.signal);
process.exitCode = await main(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
  env: process.env,
  workingDirectory: process.cwd(),
  signal: interrupt.signal,
  ...(ask && { ask }),
});
