/**
 * `identity.json` beside the segments: which log this is, in which root it was written, how its tail was synced, and which
 * synced entries were taken back from another segment than their own. It is replaced whole and synced, always before the
 * segment that relies on it, so that a crash in between is seen as a log id that does not match and settled with a new one.
 */
import { join } from 'node:path/posix';
import * as z from 'zod';
import { attempt, writeFileDurably } from '../host/durable-files.ts';
import type { FileSystem, RandomBytes } from '../host/ports.ts';
import { readFile } from '../host/read-file.ts';
import { notOurs } from './damage.ts';

const IDENTITY = z.object({
  log: z.string().regex(/^[0-9a-f]{32}$/),
  /** Device and inode of the root. */
  root: z.string(),
  durability: z.enum(['sync', 'os']),
  /** Seqs of entries that an abort frame in a later segment took back. */
  aborted: z.array(z.int()).readonly(),
  /** How often each segment was replaced by one with fewer bodies, by first seq: followers know by it that places moved. */
  replaced: z.record(z.string(), z.int()).readonly().default({}),
  /** The wall clock jumped away from this time (ms) and is not believed since: prune goes by it. */
  clockLeft: z.int().nullable().default(null),
});

export type LogIdentity = Readonly<z.infer<typeof IDENTITY>>;

const FILE = 'identity.json';
const LOG_ID_BYTES = 16;

export const mintLogId = (random: RandomBytes): string => Buffer.from(random(LOG_ID_BYTES)).toString('hex');

/** Null when it is missing or says nothing that can be understood: then nothing is known of the log's past. */
export function readIdentity(fs: FileSystem, directory: string): LogIdentity | null {
  const path = join(directory, FILE);
  if (!fs.lstat(path)) return null;
  return parseIdentity(Buffer.from(readFile(fs, path)).toString('utf8'));
}

function parseIdentity(text: string): LogIdentity | null {
  try {
    return IDENTITY.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Throws where the file is not the one of this log (null: of none), though somebody may have damaged it: another root lies in the place
 * of ours.
 */
export function checkIdentity(fs: FileSystem, directory: string, log: string | null): void {
  const path = join(directory, FILE);
  const found = fs.lstat(path) ? (readIdentity(fs, directory)?.log ?? log) : null;
  if (found !== log) throw notOurs(path);
}

/** `check` throws where the directory is not ours any more; it is asked last. */
export async function writeIdentity(
  fs: FileSystem,
  directory: string,
  identity: LogIdentity,
  check: () => void,
): Promise<void> {
  const path = join(directory, FILE);
  const temporary = `${path}.tmp`;
  attempt(() => fs.unlink(temporary));
  await writeFileDurably(
    fs,
    { path, temporary, permissions: 0o600 },
    Buffer.from(`${JSON.stringify(identity)}\n`),
    check,
  );
}
