/** The process of apart.ts: runs the harness that it is told, and sends what came of it. */
import type { Order } from './apart.ts';
import { HARNESSES } from './harnesses.ts';

const SAID_EVERY_MS = 5000;

/** What nobody waited for and went wrong counts against the harness. */
const strays: string[] = [];
process.on('unhandledRejection', (reason) => void strays.push(`a rejection that nobody awaited: ${String(reason)}`));

const { name, size, seed, shareMs } = JSON.parse(process.argv[2] ?? '') as Order;
const harness = HARNESSES.find((one) => one.name === name);
if (!harness) throw new Error(`no harness ${name}`);
const untilMs = shareMs === undefined ? {} : { untilMs: performance.now() + shareMs };
const outcome = await harness.run({ size, seed, say: saying(name), ...untilMs }).catch((error: unknown) => ({
  ran: 0,
  figures: {},
  failures: [String(error instanceof Error ? error.stack : error)],
}));
// The process stays until it is ended: what it has started ends with it.
process.send?.({ ...outcome, failures: [...outcome.failures, ...strays] });

function saying(who: string): (text: string) => void {
  let saidMs = 0;
  return (text) => {
    if (performance.now() - saidMs < SAID_EVERY_MS) return;
    saidMs = performance.now();
    console.error(`${who}: ${text}`);
  };
}
