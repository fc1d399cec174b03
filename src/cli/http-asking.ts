/** Requests to a daemon, and its problems as the errors they were. */
import { LarderError, ERRORS, type ErrorCode } from '../core/errors.ts';
import type { Fault } from '../core/events.ts';
import type { Page } from '../core/requests.ts';
import { systemClock } from '../host/system-clock.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** A first scan of a large tree takes its time; commands wait for it rather than fail. */
const STARTING_RETRIES = 240;
const RETRY_MS = 250;

/** Answers below 400. Throws the problem as the LarderError it was. */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  for (let left = STARTING_RETRIES; ; left--) {
    const answer = await send(url, path, init);
    if (answer.status < 400) return answer;
    const error = errorOf(answer);
    if (error.code !== 'starting' || left === 0) throw error;
    await new Promise<void>((resolve) => void systemClock.after(RETRY_MS, resolve));
  }
}

export async function send(url: string, path: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, url), { redirect: 'error', ...init });
    return answerOf(response, Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    throw new LarderError('no_daemon', `nothing answers at ${url}`, { cause: error });
  }
}

const answerOf = ({ status, headers }: Response, bytes: Buffer): Answer => ({
  status,
  headers,
  bytes,
  get text() {
    return bytes.toString('utf8');
  },
});

export interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
}

export function errorOf({ status, text }: Pick<Answer, 'status' | 'text'>): LarderError {
  const body = parseObject(text) as ProblemBody;
  const code: ErrorCode = body.code !== undefined && body.code in ERRORS ? (body.code as ErrorCode) : 'internal';
  const { errors = [], detail = `the daemon answered ${status}`, ...members } = body;
  return new LarderError(code, detail, { errors, members: { ...members } });
}

export function parseObject(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}

export async function getJson<T>(url: string, path: string): Promise<T> {
  return JSON.parse((await ask(url, path)).text) as T;
}

export async function* pages<T>(url: string, path: string): AsyncGenerator<T> {
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&_cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await getJson(url, `${path}${path.includes('?') ? '&' : '?'}_limit=1000${from}`);
    yield* page.items;
    cursor = page.next;
  }
}

export const pathOf = (collection: string): string => `/v1/${collection.split('/').map(encodeURIComponent).join('/')}`;
