/**
 * The temp files of a bulk, written in a worker: creating a file waits for the journal of the file system whenever that commits,
 * and nobody else should. The bytes travel as one buffer, a failure as what the kernel said.
 */
import { codeOf, messageOf } from './failures.ts';
import { writeTemps, type NewBytes, type Temp, type WriteWorld } from './temp.ts';

export interface PackedFiles {
  readonly files: readonly Omit<NewBytes, 'bytes'>[];
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array;
}

export type StagedBatch =
  | { readonly temps: readonly Temp[] }
  | { readonly failure: { readonly message: string; readonly code: string; readonly syscall: string } };

export const pack = (files: readonly NewBytes[]): PackedFiles => ({
  files: files.map(({ path, digest, replaces }) => ({ path, digest, replaces })),
  lengths: files.map(({ bytes }) => bytes.length),
  bytes: new Uint8Array(Buffer.concat(files.map(({ bytes }) => bytes))),
});

export function stageBatch(world: WriteWorld, packed: PackedFiles): StagedBatch {
  try {
    return { temps: writeTemps(world, unpack(packed)) };
  } catch (error) {
    const syscall = error instanceof Error && 'syscall' in error ? String(error.syscall) : 'write';
    return { failure: { message: messageOf(error), code: codeOf(error), syscall } };
  }
}

function unpack({ files, lengths, bytes }: PackedFiles): NewBytes[] {
  let end = 0;
  return files.map((file, index) => {
    const start = end;
    end += lengths[index] ?? 0;
    return { ...file, bytes: bytes.subarray(start, end) };
  });
}

/** Throws what the disk said, as the call itself would have. */
export function stagedTemps(staged: StagedBatch): readonly Temp[] {
  if ('temps' in staged) return staged.temps;
  const { message, ...said } = staged.failure;
  throw Object.assign(new Error(message), said);
}
