/**
 * Bodies, read from the socket's stream at the pace at which they are used. Too large is said before the rest has come; too
 * slow is said as well, so that a client which trickles bytes costs no more than one that sends none.
 */
import type { IncomingMessage } from 'node:http';
import { LarderError } from '../../core/errors.ts';
import type { Clock } from '../../host/ports.ts';
import type { Exchange } from '../exchange.ts';

/** Slower than 1 KiB/s over 20 s of waiting is too slow. */
const PACE_WINDOW_MS = 20_000;
const PACE_WINDOW_BYTES = 20 * 1024;

/** The whole body. Throws `too_large`, `request_timeout`, `bad_request` (the client went away). */
export async function readBody(exchange: Exchange, limitBytes: number, clock: Clock): Promise<Buffer> {
  const declaredBytes = Number(exchange.incoming.headers['content-length'] ?? 0);
  if (declaredBytes > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyChunks(exchange, clock)) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

export const tooLarge = (limitBytes: number): LarderError =>
  new LarderError('too_large', `at most ${limitBytes} bytes are taken here`);

/** The body piece by piece; nothing more is read while a piece is worked on. Throws `request_timeout`, `bad_request`. */
export async function* bodyChunks(
  { incoming, outgoing, awaitsContinue }: Exchange,
  clock: Clock,
): AsyncGenerator<Buffer, void> {
  if (awaitsContinue) outgoing.writeContinue();
  const pace: Pace = { bytes: 0, waitedMs: 0 };
  for (;;) {
    const chunk = incoming.read() as Buffer | null;
    if (chunk !== null) {
      pace.bytes += chunk.length;
      yield chunk;
    } else if (incoming.readableEnded) {
      return;
    } else {
      await moreToRead(incoming, pace, clock);
    }
  }
}

/** What came in the current window, and how long we waited for it; the time in which we did not read does not count. */
interface Pace {
  bytes: number;
  waitedMs: number;
}

async function moreToRead(incoming: IncomingMessage, pace: Pace, clock: Clock): Promise<void> {
  const startedMs = clock.monotonicMs();
  const outcome = await nextOf(incoming, PACE_WINDOW_MS - pace.waitedMs, clock);
  if (outcome === 'closed') throw new LarderError('bad_request', 'the client went away in the middle of the body');
  pace.waitedMs += clock.monotonicMs() - startedMs;
  if (pace.waitedMs < PACE_WINDOW_MS && outcome === 'readable') return;
  if (pace.bytes < PACE_WINDOW_BYTES) throw tooSlow();
  pace.bytes = 0;
  pace.waitedMs = 0;
}

const tooSlow = (): LarderError =>
  new LarderError('request_timeout', 'the body came slower than 1 KiB/s over 20 s', {
    headers: { Connection: 'close' },
  });

type Outcome = 'readable' | 'closed' | 'late';

/** Resolves when there is something to read or the end is reached, when the connection is gone, or when it is late. */
function nextOf(incoming: IncomingMessage, withinMs: number, clock: Clock): Promise<Outcome> {
  if (incoming.destroyed) return Promise.resolve('closed');
  return new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      timer.cancel();
      incoming.off('readable', onReadable).off('end', onReadable).off('close', onClosed).off('error', onClosed);
      resolve(outcome);
    };
    const onReadable = (): void => settle('readable');
    const onClosed = (): void => settle(incoming.readableEnded ? 'readable' : 'closed');
    const timer = clock.after(Math.max(0, withinMs), () => settle('late'));
    incoming.on('readable', onReadable).on('end', onReadable).on('close', onClosed).on('error', onClosed);
  });
}

/** A client may send this much more after its answer, for this long, before the connection is cut. */
const DRAIN_BYTES = 64 * 1024 * 1024;
const DRAIN_MS = 10_000;

/**
 * Reads and drops what is left of a body whose answer is on its way. A connection closed with bytes unread is reset, and
 * the reset can destroy the answer before the client (or Caddy) has seen it.
 */
export function drainBody(incoming: IncomingMessage, clock: Clock): void {
  if (incoming.readableEnded || incoming.destroyed) return;
  let bytes = 0;
  const cut = (): void => incoming.socket.destroySoon();
  const timer = clock.after(DRAIN_MS, cut);
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES) cut();
  });
  incoming.once('close', () => timer.cancel()).once('end', () => timer.cancel());
  incoming.resume();
}
