/** Answers that stay open: event streams and long polls. They are counted, and they end when the client or the daemon does. */
import { LarderError } from '../../core/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { Serving } from '../serving.ts';

/**
 * A signal that aborts when the client closes its side of the connection or the daemon stops: an answer that may have no end would
 * otherwise notice that its reader is gone only when it writes. Throws `busy` when too many are open.
 */
export function openStream(
  { incoming: { socket }, outgoing }: Exchange,
  { streams, config, stopping }: Serving,
): AbortSignal {
  if (streams.open >= config.streams)
    throw new LarderError('busy', `${config.streams} streams are open, no more are taken`);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  if (stopping.aborted || outgoing.destroyed || socket.readableEnded) end();
  socket.once('end', end);
  stopping.addEventListener('abort', end, { once: true });
  streams.open += 1;
  outgoing.once('close', () => {
    streams.open -= 1;
    stopping.removeEventListener('abort', end);
    socket.off('end', end);
    end();
  });
  return ended.signal;
}

/** Texts as a body: the next one is asked for when the client has taken the one before. */
export const streamTexts = (texts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> =>
  ReadableStream.from(encode(texts));

async function* encode(texts: AsyncGenerator<string, void>): AsyncGenerator<Uint8Array, void> {
  for await (const text of texts) yield Buffer.from(text);
}
