/**
 * The bytes of a simulated file: as the process sees them, as the disk is known to hold them, and the operations between
 * the two, of which a power cut keeps what it likes.
 */
import type { Chance } from './simulated-random.ts';

type Operation = { readonly id: number; unsyncable: boolean } & (
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number }
);

interface Image {
  buffer: Buffer;
  size: number;
}

/** What a drive writes or leaves whole. */
const SECTOR_BYTES = 512;

const SURVIVALS = ['all', 'none', 'prefix', 'sectors'] as const;

export class SimulatedContent {
  readonly #seen: Image;
  readonly #durable: Image;
  #pending: Operation[] = [];
  #lastId = 0;

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#seen = { buffer: Buffer.from(bytes), size: bytes.length };
    this.#durable = { buffer: Buffer.from(bytes), size: bytes.length };
  }

  get size(): number {
    return this.#seen.size;
  }

  get isDurable(): boolean {
    return this.#pending.length === 0;
  }

  /** Stands for everything done so far; `sync` takes it later. */
  get mark(): number {
    return this.#lastId;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const end = Math.min(this.#seen.size, position + length);
    if (end <= position) return 0;
    target.set(this.#seen.buffer.subarray(position, end), offset);
    return end - position;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#do({
      id: (this.#lastId += 1),
      unsyncable: false,
      kind: 'write',
      offset: position,
      bytes: Uint8Array.from(bytes),
    });
  }

  resize(size: number): void {
    this.#do({ id: (this.#lastId += 1), unsyncable: false, kind: 'resize', size });
  }

  /** Everything up to the mark is on the disk now. */
  sync(mark: number): void {
    const done = this.#pending.filter((operation) => operation.id <= mark && !operation.unsyncable);
    for (const operation of done) apply(this.#durable, operation);
    const kept = done.reduce((rest, operation) => withoutOverwritten(rest, operation), this.#pending);
    this.#pending = kept.filter((operation) => !done.includes(operation));
  }

  /** A sync failed: the kernel calls these pages clean and no later sync will write them (fsyncgate). Some may have been. */
  failSync(mark: number): void {
    for (const operation of this.#pending) if (operation.id <= mark) operation.unsyncable = true;
  }

  /** What a power cut leaves. */
  afterCrash(chance: Chance): Uint8Array {
    const image = { buffer: Buffer.from(this.#durable.buffer), size: this.#durable.size };
    const survival = SURVIVALS[Math.floor(chance() * SURVIVALS.length)] ?? 'none';
    const sizesKept = survival === 'all' ? this.#pending.length : Math.floor(chance() * (this.#pending.length + 1));
    if (survival !== 'none') {
      for (const [index, operation] of this.#pending.entries()) {
        if (survival === 'sectors') applySectors(image, operation, chance, index < sizesKept);
        else if (index < sizesKept) apply(image, operation);
        else if (index === sizesKept) applyPrefix(image, operation, chance);
      }
    }
    return Uint8Array.from(image.buffer.subarray(0, image.size));
  }

  #do(operation: Operation): void {
    apply(this.#seen, operation);
    this.#pending.push(operation);
  }
}

function setSize(image: Image, size: number): void {
  if (size > image.buffer.length) {
    const larger = Buffer.alloc(Math.max(size, image.buffer.length * 2, SECTOR_BYTES));
    image.buffer.copy(larger, 0, 0, image.size);
    image.buffer = larger;
  }
  if (size < image.size) image.buffer.fill(0, size, image.size);
  image.size = size;
}

function apply(image: Image, operation: Operation): void {
  if (operation.kind === 'resize') return setSize(image, operation.size);
  setSize(image, Math.max(image.size, operation.offset + operation.bytes.length));
  image.buffer.set(operation.bytes, operation.offset);
}

function applyPrefix(image: Image, operation: Operation, chance: Chance): void {
  if (operation.kind === 'resize') return;
  const length = Math.floor(chance() * (operation.bytes.length + 1));
  apply(image, { ...operation, bytes: operation.bytes.subarray(0, length) });
}

/** The size is metadata and kept in order; sectors of data come and go each for itself, and what is missing reads as NUL. */
function applySectors(image: Image, operation: Operation, chance: Chance, keepsSize: boolean): void {
  if (operation.kind === 'resize') return keepsSize ? setSize(image, operation.size) : undefined;
  const end = operation.offset + operation.bytes.length;
  if (keepsSize) setSize(image, Math.max(image.size, end));
  for (let start = operation.offset; start < end;) {
    const stop = Math.min(end, image.size, (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (stop <= start) return;
    const sector = operation.bytes.subarray(start - operation.offset, stop - operation.offset);
    if (chance() < 0.5) image.buffer.set(sector, start);
    start = stop;
  }
}

/** Lost writes that the disk has since had cut off or written over cannot come back. */
function withoutOverwritten(pending: Operation[], done: Operation): Operation[] {
  return pending.filter((operation) => {
    if (operation.id >= done.id || !operation.unsyncable) return true;
    if (operation.kind === 'resize') return false;
    const end = operation.offset + operation.bytes.length;
    if (done.kind === 'resize') return operation.offset < done.size;
    return end <= done.offset || operation.offset >= done.offset + done.bytes.length;
  });
}
