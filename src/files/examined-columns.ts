/**
 * Examinations as they travel between threads: the bytes in a few buffers that are handed over, stats as numbers in two
 * typed arrays, texts in arrays of strings. Cloning an object for each would take as long as the examination.
 */
import type { Verdict } from '../core/examine.ts';
import type { Digest } from '../core/digest.ts';
import type { StatKey } from '../core/stat-key.ts';
import type { FileStat } from '../host/ports.ts';
import type { ExaminedBatch } from './examine-batch.ts';
import type { Examined, Look } from './types.ts';

type FileLook = Extract<Look, { kind: 'file' }>;

export interface ExaminedColumns {
  readonly count: number;
  readonly buffers: readonly ArrayBuffer[];
  /** Whatever is no file that was read: rare, so whole. By position. */
  readonly others: ReadonlyMap<number, Examined>;
  /** Verdicts other than valid without a warning. By position. */
  readonly verdicts: ReadonlyMap<number, Verdict | null>;
  readonly keys: readonly StatKey[];
  readonly digests: readonly (Digest | null)[];
  readonly searchTexts: readonly (string | null)[];
  readonly numbers: Float64Array;
  readonly bigints: BigInt64Array;
}

/** size, mode, uid, gid, nlink, racy, buffer, offset */
const NUMBERS = 8;
/** dev, ino, mtime, ctime, birth time */
const BIGINTS = 5;
const VALID: Verdict = { kind: 'valid', warnings: [] };

export function toExaminedColumns({ examined, arena: { buffers } }: ExaminedBatch): ExaminedColumns {
  const numbers = new Float64Array(examined.length * NUMBERS);
  const bigints = new BigInt64Array(examined.length * BIGINTS);
  const positions = new Map(buffers.map((buffer, at) => [buffer as ArrayBufferLike, at]));
  for (const [at, { look }] of examined.entries()) {
    if (look.kind !== 'file') continue;
    const { size, mode, uid, gid, nlink, dev, ino, mtimeNs, ctimeNs, birthtimeNs } = look.stat;
    const buffer = positions.get(look.bytes.buffer) ?? 0;
    numbers.set([size, mode, uid, gid, nlink, Number(look.racy), buffer, look.bytes.byteOffset], at * NUMBERS);
    bigints.set([dev, ino, mtimeNs, ctimeNs, birthtimeNs], at * BIGINTS);
  }
  return { count: examined.length, buffers, numbers, bigints, ...textColumns(examined) };
}

type TextColumns = Pick<ExaminedColumns, 'others' | 'verdicts' | 'keys' | 'digests' | 'searchTexts'>;

function textColumns(examined: readonly Examined[]): TextColumns {
  const indexed = examined.map((one, at) => [at, one] as const);
  return {
    others: new Map(indexed.filter(([, { look }]) => look.kind !== 'file')),
    verdicts: new Map(
      indexed.filter(([, { verdict }]) => !isPlainlyValid(verdict)).map(([at, { verdict }]) => [at, verdict]),
    ),
    keys: examined.map(({ look }) => (look.kind === 'file' ? look.key : ('' as StatKey))),
    digests: examined.map(({ digest }) => digest),
    searchTexts: examined.map(({ searchText }) => searchText),
  };
}

const isPlainlyValid = (verdict: Verdict | null): boolean => verdict?.kind === 'valid' && verdict.warnings.length === 0;

/** `paths` are those that were asked for, of which the first `count` are answered. */
export const fromExaminedColumns = (columns: ExaminedColumns, paths: readonly string[]): Examined[] =>
  paths.slice(0, columns.count).map((path, at) => columns.others.get(at) ?? examinedAt(columns, path, at));

function examinedAt(columns: ExaminedColumns, path: string, at: number): Examined {
  const { verdicts, digests, searchTexts } = columns;
  const verdict = verdicts.get(at);
  return {
    path,
    look: lookAt(columns, at),
    digest: digests[at] ?? null,
    verdict: verdict === undefined ? VALID : verdict,
    searchText: searchTexts[at] ?? null,
  };
}

function lookAt({ numbers, bigints, buffers, keys }: ExaminedColumns, at: number): FileLook {
  const [racy = 0, buffer = 0, offset = 0] = numbers.subarray(at * NUMBERS + 5, at * NUMBERS + NUMBERS);
  const stat = statAt(numbers, bigints, at);
  const bytes = new Uint8Array(buffers[buffer] ?? new ArrayBuffer(0), offset, stat.size);
  return { kind: 'file', stat, key: keys[at] ?? ('' as StatKey), racy: racy === 1, bytes };
}

function statAt(numbers: Float64Array, bigints: BigInt64Array, at: number): FileStat {
  const [size = 0, mode = 0, uid = 0, gid = 0, nlink = 0] = numbers.subarray(at * NUMBERS, at * NUMBERS + 5);
  const [dev = 0n, ino = 0n, mtimeNs = 0n, ctimeNs = 0n, birthtimeNs = 0n] = bigints.subarray(
    at * BIGINTS,
    at * BIGINTS + BIGINTS,
  );
  return { kind: 'file', size, mode, uid, gid, nlink, dev, ino, mtimeNs, ctimeNs, birthtimeNs };
}
