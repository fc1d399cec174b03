/**
 * How a command reaches documents: through the daemon that serves the root, or, when none does, by opening the root itself.
 * Commands do not know which.
 */
import { existsSync } from 'node:fs';
import { findDaemon, urlOf } from '../find-daemon.ts';
import { LarderError } from '../core/errors.ts';
import type { Problem } from '../core/problems.ts';
import type { ReadinessReport } from '../core/requests.ts';
import type { Choice, Decided } from '../larder-guards.ts';
import type { NormaliseReport } from '../larder/normalise.ts';
import type { ForgetReport, PruneReport } from '../maintain/prune/types.ts';
import type { ImportSink } from '../maintain/import-types.ts';
import type { VersionsAccess } from './versions-access.ts';
import type { CommonFlags, LoadedConfig } from './config-file.ts';

export interface StatusReport {
  /** Null when the daemon that was asked does not say. */
  readonly root: string | null;
  /** Null when no daemon serves the root. */
  readonly daemon: { readonly url: string; readonly pid: number | null } | null;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly scan: ReadinessReport['scan'] | null;
  readonly durability: ReadinessReport['durability'] | null;
  /** Null when the daemon that was asked does not say. */
  readonly history: HistoryReport | null;
  /** Newest event. Null, like the figures below, until the first scan is done. */
  readonly seq: number | null;
  readonly namespaces: readonly { readonly name: string; readonly count: number; readonly problems: number }[] | null;
}

/** In bytes. */
export interface HistoryReport {
  readonly log_bytes: number;
  readonly blob_bytes: number;
  readonly free_bytes: number;
  readonly total_bytes: number;
}

export type DecidedReport = Pick<Decided, 'problem' | 'decision' | 'changed' | 'left' | 'changeSets' | 'session'>;

export interface CollectionSchema {
  readonly collection: string;
  readonly json: unknown;
}

export interface Access extends AsyncDisposable {
  status(): Promise<StatusReport>;
  /** Every problem, a page at a time. */
  problems(): AsyncIterable<Problem>;
  /** Decides about a problem; a preview changes nothing. */
  decide(decision: 'confirm' | 'dismiss', id: string, choice: Choice, isPreview: boolean): Promise<DecidedReport>;
  /** Every collection with its schema in force, or null for none. */
  schemas(): Promise<readonly CollectionSchema[]>;
  /** What was, what changed, and ways back. */
  readonly versions: VersionsAccess;
  importSink(collection: string): ImportSink;
  normalise(paths: readonly string[], indent: number | 'tab', isPreview: boolean): Promise<NormaliseReport>;
  prune(isPreview: boolean): Promise<PruneReport>;
  /** `only`: the seqs that were shown; where it would be others by now, nothing is forgotten (`conflict`). */
  forget(
    path: string,
    seq: number | null,
    options: { readonly isPreview: boolean; readonly only?: readonly number[] },
  ): Promise<ForgetReport>;
}

/**
 * A host or port that was typed names the daemon to ask, on this machine or at the end of a tunnel. Otherwise the lock of the
 * root does. Rejects with LarderError `no_daemon`, and what opening a root rejects with.
 */
export async function openAccess(flags: CommonFlags, config: LoadedConfig): Promise<Access> {
  const isNamed = isDaemonNamed(flags);
  const daemon = findDaemonFor(flags, config);
  if (daemon === null && !existsSync(config.root)) throw notThere(config.root);
  if (daemon === null) return (await import('./own-access.ts')).openOwnAccess(config);
  return (await import('./http-access.ts')).openHttpAccess(daemon, isNamed ? null : config.root);
}

const isDaemonNamed = ({ port, host }: CommonFlags): boolean => port !== undefined || host !== undefined;

/** The daemon that a command has to ask; null where nobody serves the root. */
export function findDaemonFor(flags: CommonFlags, { root, settings }: LoadedConfig): Daemon | null {
  const { 'listen.host': host, 'listen.port': port } = settings;
  return isDaemonNamed(flags) ? { url: urlOf(host, port), pid: null } : find(root);
}

interface Daemon {
  readonly url: string;
  readonly pid: number | null;
}

const notThere = (root: string): LarderError =>
  new LarderError(
    'root_missing',
    `${root} is not there: mount its disk, make the directory, or name another with --root. A daemon that serves it can be asked all the same: name it with --port`,
  );

function find(root: string): ReturnType<typeof findDaemon> {
  try {
    return findDaemon(root);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LarderError(
      'root_missing',
      `${root} cannot be looked into: ${why}. Its daemon can be asked all the same: name it with --port`,
      { cause: error },
    );
  }
}
