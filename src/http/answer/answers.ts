/** Answers as values of the web's `Response`; the headers that every answer carries are added here. */
import type { Exchange } from '../exchange.ts';
import { JSON_TYPE } from '../request/media-types.ts';

export type Headers = Readonly<Record<string, string>>;

/**
 * `no-cache` makes caches ask again each time: a file edited by hand must never be answered from one. `nosniff` keeps a
 * browser from taking data for a page.
 */
export const FIXED_HEADERS = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' } as const;

export const commonHeaders = (exchange: Exchange): Record<string, string> => ({
  ...FIXED_HEADERS,
  'Larder-Request-Id': exchange.requestId,
});

type Body = Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> | null;

/** `status` 204 and 304 take no body. */
export const answer = (exchange: Exchange, status: number, headers: Headers, body: Body): Response =>
  new Response(body, { status, headers: { ...commonHeaders(exchange), ...headers } });

/** JSON with a newline at its end, so that a terminal shows the prompt where it belongs. */
export const answerJson = (exchange: Exchange, value: unknown, headers: Headers = {}): Response =>
  answer(exchange, 200, { 'Content-Type': JSON_TYPE, ...headers }, `${JSON.stringify(value)}\n`);

/** Bytes as the web types want them; ours never lie in shared memory. */
export const asBody = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;
