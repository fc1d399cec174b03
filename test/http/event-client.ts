/** A client of the feed: it reads at once what comes, as a browser does, and hands out the events one by one. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

interface StreamedEvent {
  readonly id: string | null;
  readonly event: string;
  /** The parsed data. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface EventClient {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The next event, in order; rejects when the stream ended without one. */
  readonly next: () => Promise<StreamedEvent>;
  /** All events up to the first that passes, itself included. */
  readonly until: (passes: (event: StreamedEvent) => boolean) => Promise<StreamedEvent[]>;
  /** Comments so far. */
  readonly comments: readonly string[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

export function followEvents(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventClient> {
  const options = { host: '127.0.0.1', port, path, agent: false, headers: { accept: 'text/event-stream', ...headers } };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(options, (incoming) => resolve(eventClient(incoming, () => sent.destroy())));
    sent.on('error', reject);
    sent.end();
  });
}

function eventClient(incoming: IncomingMessage, close: () => void): EventClient {
  const blocks = new Inbox<string>();
  const comments: string[] = [];
  const ended = readBlocks(
    incoming,
    (block) => void (block.startsWith(':') ? comments.push(block) : blocks.put(block)),
  );
  void ended.then(() => blocks.end());
  const next = async (): Promise<StreamedEvent> => parseEvent(await blocks.take());
  const until: EventClient['until'] = async (passes) => {
    const seen = [await next()];
    for (let last = seen[0]; last !== undefined && !passes(last); seen.push(last)) last = await next();
    return seen;
  };
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, next, until, comments, ended, close };
}

async function readBlocks(incoming: IncomingMessage, onBlock: (block: string) => void): Promise<void> {
  let rest = '';
  try {
    for await (const chunk of incoming) {
      const blocks = (rest + String(chunk)).split('\n\n');
      rest = blocks.pop() ?? '';
      blocks.forEach(onBlock);
    }
  } catch {
    // Cut off from either side: the stream has ended all the same.
  }
}

function parseEvent(block: string): StreamedEvent {
  const fields = new Map(block.split('\n').map((line) => splitField(line)));
  return {
    id: fields.get('id') ?? null,
    event: fields.get('event') ?? '',
    json: JSON.parse(fields.get('data') ?? 'null'),
  };
}

const splitField = (line: string): [string, string] => [
  line.slice(0, line.indexOf(':')),
  line.slice(line.indexOf(':') + 1).trim(),
];

/** What was put in, taken out in order; taking waits. */
class Inbox<T> {
  readonly #items: T[] = [];
  #isEnded = false;
  #wake = (): void => {};

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async take(): Promise<T> {
    for (;;) {
      const [item] = this.#items.splice(0, 1);
      if (item !== undefined) return item;
      if (this.#isEnded) throw new Error('the stream ended');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
