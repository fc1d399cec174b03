/** One client of many: PUT, PATCH, DELETE, bulk and atomic bulk, on documents of its own and on some that all write. */
import type { Answer } from '../http/client.ts';
import { digestOf } from '../../src/core/digest.ts';
import type { Daemon } from './daemon.ts';
import { between, pause } from './harness.ts';

/** An acknowledged change. */
export interface Ack {
  readonly name: string;
  readonly seq: number;
  /** Null after a deletion. */
  readonly digest: string | null;
}

export interface Writer {
  readonly number: number;
  readonly random: () => number;
  count: number;
}

const OWN = 30;
const SHARED = 20;
const BULK = 10;
/** A client that is refused, or finds nobody, does not come back at once. */
const PAUSE_MS = 5;

/** Writes as long as it is wanted, telling what was acknowledged. */
export async function write(
  writer: Writer,
  daemon: Daemon,
  isWanted: () => boolean,
  acked: (ack: Ack) => void,
): Promise<void> {
  while (isWanted()) {
    try {
      const { acks, isRefused } = await writeOnce(writer, daemon);
      acks.forEach(acked);
      if (isRefused) await pause(PAUSE_MS);
    } catch {
      // The connection broke: whether this write counts is open, and not claimed.
      await pause(PAUSE_MS);
    }
  }
}

interface Done {
  readonly acks: readonly Ack[];
  readonly isRefused: boolean;
}

async function writeOnce(writer: Writer, daemon: Daemon): Promise<Done> {
  const dice = writer.random();
  if (dice < 0.35) return single(daemon, 'PUT', own(writer), content(writer));
  if (dice < 0.5) return single(daemon, 'PUT', shared(writer), content(writer));
  if (dice < 0.65) return single(daemon, 'PATCH', own(writer), { patched: label(writer) });
  if (dice < 0.72) return single(daemon, 'PATCH', shared(writer), { patched: label(writer) });
  if (dice < 0.8) return single(daemon, 'DELETE', own(writer));
  return bulk(writer, daemon, dice < 0.9);
}

const own = ({ number, random }: Writer): string => `lod/w${number}/d${between(random, 0, OWN - 1)}`;
const shared = ({ random }: Writer): string => `lod/shared/s${between(random, 0, SHARED - 1)}`;
const label = (writer: Writer): string => `${writer.number}-${writer.count++}`;

const content = (writer: Writer): object => ({
  label: label(writer),
  text: 'larder '.repeat(between(writer.random, 1, 200)),
});

async function single(daemon: Daemon, method: string, name: string, body?: object): Promise<Done> {
  const answer = await daemon.ask(method, `/v1/${name}`, body === undefined ? {} : { body });
  if (answer.status >= 300) return { acks: [], isRefused: true };
  return { acks: [{ name, seq: seqOf(answer), digest: digestIn(answer) }], isRefused: false };
}

const seqOf = ({ headers }: Answer): number => Number(headers['larder-seq']);

function digestIn({ headers, bytes, status }: Answer): string | null {
  if (status === 204) return null;
  const digest = headers.etag?.slice(1, -1) ?? '';
  if (digest !== digestOf(bytes)) throw new Error('a write answered with bytes that are not those of its ETag');
  return digest;
}

/** Ten documents at once; as one change set they bear a session that says so. */
async function bulk(writer: Writer, daemon: Daemon, isAtomic: boolean): Promise<Done> {
  const collection = `lod/w${writer.number}`;
  const first = between(writer.random, 0, OWN - BULK);
  const lines = Array.from({ length: BULK }, (_, index) =>
    JSON.stringify({ op: 'put', id: `d${first + index}`, doc: content(writer) }),
  );
  const headers = {
    'content-type': 'application/x-ndjson',
    ...(isAtomic && { 'larder-session': `set-${label(writer)}-${BULK}` }),
  };
  const path = `/v1/${collection}/_bulk${isAtomic ? '?_atomic=1' : ''}`;
  const answer = await daemon.ask('POST', path, { headers, body: `${lines.join('\n')}\n` });
  const results = answer.text.split('\n').filter((line) => line !== '');
  const acks = results.flatMap((line) => {
    const result = JSON.parse(line) as { id?: string; status?: number; seq?: number; etag?: string };
    if (result.id === undefined || (result.status ?? 500) >= 300) return [];
    return [{ name: `${collection}/${result.id}`, seq: Number(result.seq), digest: result.etag ?? null }];
  });
  return { acks, isRefused: acks.length === 0 };
}
