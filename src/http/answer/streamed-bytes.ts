/**
 * Large bodies go out piece by piece, each piece only when the client has taken the one before: what waits for a slow client
 * is one piece, and a client that takes nothing for a minute is cut off.
 */
import type { Exchange } from '../exchange.ts';
import { IDLE_MS } from '../http-config.ts';

const PIECE_BYTES = 256 * 1024;

export interface ByteSource {
  readonly read: (start: number, end: number) => Uint8Array;
  readonly close: () => void;
}

export const streamBytes = (exchange: Exchange, bytes: Uint8Array): ReadableStream<Uint8Array> =>
  streamRange(exchange, { read: (start, end) => bytes.subarray(start, end), close: () => {} }, 0, bytes.length);

/** Closes the source when all was read, when it fails, and when the client goes away. */
export function streamRange(
  exchange: Exchange,
  source: ByteSource,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let position = start;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const piece = readOrClose(source, position, Math.min(position + PIECE_BYTES, end));
    position += piece.length;
    controller.enqueue(piece);
    if (position < end) return;
    source.close();
    controller.close();
  };
  cutWhenIdle(exchange);
  return new ReadableStream({ pull, cancel: () => source.close() }, { highWaterMark: 0 });
}

/** A file that was cut short meanwhile cannot fill the length that was promised; then the answer must not look whole. */
function readOrClose(source: ByteSource, start: number, end: number): Uint8Array {
  const piece = source.read(start, end);
  if (piece.length > 0) return piece;
  source.close();
  throw new Error('the file was cut short while it was sent');
}

/** Node ends the connection when nothing moved for this long in either direction. */
export const cutWhenIdle = ({ outgoing }: Exchange): void =>
  void outgoing.setTimeout(IDLE_MS, () => outgoing.destroy());
