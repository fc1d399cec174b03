/** The texts that lists answer from, held against the digests of what is served: hashed in the workers while rows are read on. */
import { digestOf, type Digest } from '../../core/digest.ts';
import { DIGEST_CHARACTERS } from '../../files/hash-pieces.ts';
import { InFlight } from './in-flight.ts';
import type { Run } from './subject.ts';

export interface ServedText {
  readonly path: string;
  readonly text: string;
  /** Of the bytes that are served. */
  readonly digest: Digest;
}

/** UTF-16 units that travel together. */
const BATCH_UNITS = 1024 * 1024;

export class ServedTexts {
  readonly #bulk: Run['subject']['bulk'];
  readonly #reportOther: (text: ServedText, found: Digest) => void;
  readonly #inFlight = new InFlight();
  #waiting: ServedText[] = [];
  #units = 0;

  /** `reportOther`: of a text that is not what is served. */
  constructor({ subject }: Run, reportOther: (text: ServedText, found: Digest) => void) {
    this.#bulk = subject.bulk;
    this.#reportOther = reportOther;
  }

  add(text: ServedText): void {
    this.#waiting.push(text);
    this.#units += text.text.length;
  }

  /** To be called between pages of rows. */
  async sendWhenFull(): Promise<void> {
    if (this.#units >= BATCH_UNITS) await this.#send();
  }

  async finish(): Promise<void> {
    await this.#send();
    await this.#inFlight.finish();
  }

  async #send(): Promise<void> {
    const texts = this.#waiting;
    [this.#waiting, this.#units] = [[], 0];
    if (texts.length > 0) await this.#inFlight.add(this.#check(texts));
  }

  async #check(texts: readonly ServedText[]): Promise<void> {
    const digests = await this.#bulk.texts(texts.map(({ text }) => text));
    for (const [index, one] of texts.entries()) {
      const start = index * DIGEST_CHARACTERS;
      if (digests.startsWith(one.digest, start) || isMarked(one)) continue;
      this.#reportOther(one, digests.slice(start, start + DIGEST_CHARACTERS) as Digest);
    }
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes begin with a byte order mark, which is no part of the text. */
const isMarked = ({ text, digest }: ServedText): boolean =>
  digestOf(Buffer.concat([BYTE_ORDER_MARK, Buffer.from(text)])) === digest;
