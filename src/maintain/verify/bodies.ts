/** The stored bytes of versions, held against their digests in the workers while the log is read on. */
import type { StoredBody } from '../../events/read-damaged.ts';
import { DIGEST_CHARACTERS } from '../../files/hash-pieces.ts';
import { InFlight } from './in-flight.ts';
import type { Run } from './subject.ts';

const BATCH = 2000;
const BATCH_BYTES = 16 * 1024 * 1024;

export class StoredBodies {
  readonly #run: Run;
  readonly #inFlight = new InFlight();
  #waiting: StoredBody[] = [];
  #bytes = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  async add(bodies: readonly StoredBody[]): Promise<void> {
    for (const body of bodies) {
      const isFull = this.#waiting.length >= BATCH || this.#bytes >= BATCH_BYTES;
      if (isFull || (this.#waiting[0] !== undefined && this.#waiting[0].path !== body.path)) await this.#send();
      this.#waiting.push(body);
      this.#bytes += body.length;
    }
  }

  async finish(): Promise<void> {
    await this.#send();
    await this.#inFlight.finish();
  }

  async #send(): Promise<void> {
    const bodies = this.#waiting;
    [this.#waiting, this.#bytes] = [[], 0];
    if (bodies.length > 0) await this.#inFlight.add(this.#check(bodies));
  }

  async #check(bodies: readonly StoredBody[]): Promise<void> {
    const { subject, report } = this.#run;
    const digests = await subject.bulk.pieces({
      file: bodies[0]?.path ?? '',
      offsets: bodies.map(({ offset }) => offset),
      lengths: bodies.map(({ length }) => length),
    });
    for (const [index, body] of bodies.entries())
      if (!digests.startsWith(body.digest, index * DIGEST_CHARACTERS)) report(otherBytes(body));
  }
}

type Told = Pick<StoredBody, 'path' | 'offset' | 'seq' | 'of'>;

export const otherBytes = ({ path, offset, seq, of }: Told): Parameters<Run['report']>[0] => ({
  kind: 'difference',
  code: 'body',
  path: of,
  expected: `the bytes of version ${seq}`,
  found: 'other bytes',
  detail: `${path}, byte ${offset}: the stored bytes do not match their digest`,
});
