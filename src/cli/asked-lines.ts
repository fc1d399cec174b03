/** Work that a daemon does, told as NDJSON: each line as it comes. */
import { LarderError } from '../core/errors.ts';
import { errorOf, parseObject } from './http-asking.ts';

/** Throws the problem, of the request or of a line, as the LarderError it was. */
export async function* askLines<T extends object>(
  url: string,
  path: string,
  body: object | null,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const response = await send(url, path, body, signal);
  if (response.status >= 400 || response.body === null)
    throw errorOf({ status: response.status, text: await response.text() });
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield lineOf(line) as T;
  }
}

function lineOf(line: string): object {
  const value = parseObject(line);
  if ('problem' in value) throw errorOf({ status: 500, text: JSON.stringify(value.problem) });
  return value;
}

async function send(url: string, path: string, body: object | null, signal: AbortSignal): Promise<Response> {
  const json = body === null ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  try {
    return await fetch(new URL(path, url), { method: 'POST', redirect: 'error', signal, ...json });
  } catch (error) {
    throw new LarderError('no_daemon', `nothing answers at ${url}`, { cause: error });
  }
}
