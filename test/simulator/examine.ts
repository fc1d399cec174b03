import { openBlobReads } from '../../src/blobs/blob-store.ts';
import { openCatalog } from '../../src/catalog/catalog.ts';
import type { LoggedEntry, Seq } from '../../src/core/events.ts';
import { keptBytesIn, type KeptVersion } from '../../src/core/grown-bytes.ts';
import { openEventLog } from '../../src/events/event-log.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { seededBytes } from '../../src/host/simulated-random.ts';
import type { Machine } from './machine.ts';
import { mounted } from './seen-calls.ts';
import type { Findings } from './verdicts.ts';

/** Opens log and catalog of a root that was closed, and reads all that they say. */
export async function examine(machine: Machine): Promise<Findings> {
  const { root, derived, clock } = machine;
  const fs = mounted(machine.disk, derived, nodeFileSystem);
  const random = seededBytes(1);
  const stat = fs.lstat(root);
  const identity = `${stat?.dev}:${stat?.ino}`;
  const base = { fs, clock, random, durability: 'sync', rootIdentity: identity } as const;
  await using log = await openEventLog({ ...base, directory: `${root}/.larder/log` });
  using catalog = openCatalog({ directory: derived, logId: log.id, fs, clock });
  const frames = [...log.read(0)];
  const blobs = openBlobReads({ fs, clock, directory: `${root}/.larder/blobs` });
  const versions = new Map(frames.flatMap(({ entries }) => entries.map((entry) => [entry.seq, entry] as const)));
  const source = {
    version: (seq: Seq): KeptVersion | undefined => versionIn(versions.get(seq)),
    stored: log.readBody.bind(log),
    blob: blobs.get.bind(blobs),
  };
  const bytesOf = (entry: LoggedEntry): Uint8Array | null => {
    const version = versionIn(entry);
    return version ? keptBytesIn(source, version) : null;
  };
  const heads = new Map(
    [...new Set([...frames.flatMap(({ entries }) => entries.map(({ path }) => path)), ...machine.files()])].map(
      (path) => [path, catalog.head(path)],
    ),
  );
  return {
    frames,
    bytesOf: remembered(frames, bytesOf),
    head: (path) => heads.get(path),
    present: catalog.presentBelow('', 1000),
    held: new Set([...heads].flatMap(([path, head]) => (head?.problems.includes('rotten') ? [path] : []))),
  };
}

const versionIn = (entry: LoggedEntry | undefined): KeptVersion | undefined =>
  entry?.digest ? { digest: entry.digest, body: entry.body } : undefined;

/** Read while the log is open. */
function remembered(
  frames: Findings['frames'],
  bytesOf: (entry: LoggedEntry) => Uint8Array | null,
): (entry: LoggedEntry) => Uint8Array | null {
  const bytes = new Map<Seq, Uint8Array | null>();
  for (const entry of frames.flatMap(({ entries }) => entries)) bytes.set(entry.seq, bytesOf(entry));
  return ({ seq }) => bytes.get(seq) ?? null;
}
