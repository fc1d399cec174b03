/** A log on a simulated disk, and what goes into it. */
import { digestOf } from '../../src/core/digest.ts';
import type { DraftEntry, DraftFrame, EventFrame, LoggedEntry, Seq } from '../../src/core/events.ts';
import { openEventLog } from '../../src/events/event-log.ts';
import type { EventLog, EventLogOptions } from '../../src/events/types.ts';
import type { FileSystem } from '../../src/host/ports.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import type { SimulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import type { SimulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { seededBytes } from '../../src/host/simulated-random.ts';

export const DIRECTORY = '/root/.larder/log';

export interface LogWorld {
  readonly clock: SimulatedClock;
  fs: SimulatedFileSystem;
  open(options?: Partial<EventLogOptions>): Promise<EventLog>;
}

export function logWorld(options: { readonly capacityBytes?: number; readonly seed?: number } = {}): LogWorld {
  const clock = simulatedClock();
  const fs = simulatedFileSystem({ clock, ...options });
  fs.makeDirectory('/root');
  fs.fsyncSync(fs.open('/', 'directory'));
  const random = seededBytes(options.seed ?? 1);
  return {
    clock,
    fs,
    open(more = {}) {
      const base = {
        fs: this.fs,
        clock,
        random,
        directory: DIRECTORY,
        durability: 'sync',
        rootIdentity: '1:2',
        aheadBytes: 4096,
      } as const;
      return openEventLog({ ...base, ...more });
    },
  };
}

export const bytesFor = (label: string, size = 40): Uint8Array => Buffer.from(`{"label":"${label}"}`.padEnd(size));

export function entry(label: string, size?: number): DraftEntry {
  const bytes = bytesFor(label, size);
  const digest = digestOf(bytes);
  return { op: 'create', path: `ns/c/${label}.json`, kind: 'valid', digest, size: bytes.length, before: null, bytes };
}

export const change = (...entries: readonly DraftEntry[]): DraftFrame => ({
  type: 'events',
  kind: 'change',
  origin: { atMs: 1_700_000_000_000, actor: 'local', cause: 'api', changeSet: 'set' },
  entries,
});

/** A change set with one small document for each label. */
export const create = (...labels: readonly string[]): DraftFrame => change(...labels.map((label) => entry(label)));

export async function append(log: EventLog, ...labels: readonly string[]): Promise<Seq> {
  const { frame, synced } = log.append(create(...labels));
  await synced;
  return frame.type === 'events' ? (frame.entries.at(-1)?.seq ?? 0) : 0;
}

export const entriesOf = (frames: Iterable<EventFrame>): LoggedEntry[] => [...frames].flatMap((frame) => frame.entries);

export const labelOf = ({ path }: LoggedEntry): string => path.slice('ns/c/'.length, -'.json'.length);

/** `seq label` of all that the log gives, each with its bytes checked. */
export function contents(log: EventLog, after: Seq = 0): string[] {
  return entriesOf(log.read(after)).map((logged) => {
    if (logged.body.in === 'log' && logged.digest) log.readBody(logged.body, logged.digest);
    return `${logged.seq} ${labelOf(logged)}`;
  });
}

export const segmentsIn = (fs: FileSystem): string[] =>
  fs
    .readDirectory(DIRECTORY)
    .map(({ name }) => name ?? '')
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .map((name) => `${DIRECTORY}/${name}`);

/** Changes bytes of a file from outside. */
export function damage(
  fs: FileSystem,
  path: string,
  at: number,
  change: (byte: number) => number = (byte) => byte ^ 1,
): void {
  const fd = fs.open(path, 'read-write');
  const byte = Buffer.alloc(1);
  fs.read(fd, byte, 0, 1, at);
  fs.write(fd, Uint8Array.of(change(byte[0] ?? 0)), 0, 1, at);
  fs.close(fd);
}
