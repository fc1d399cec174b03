import type { Seq } from '../../core/events.ts';

export interface RescueOptions {
  /** Absolute: the root whose log is read. */
  readonly root: string;
  /** Absolute, not there yet or empty: where everything is written. */
  readonly target: string;
  readonly allVersions: boolean;
  readonly onProgress: (versions: number) => void;
}

/** A stretch of the log that could not be read. */
export interface LostStretch {
  readonly segment: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

export interface RescueReport {
  /** Versions that the log still names, and how many of them were written. */
  readonly versions: number;
  readonly written: number;
  /** Paths with a file below `newest/`. */
  readonly paths: number;
  /** Versions whose bytes are damaged or missing; `versions.ndjson` says which. */
  readonly unreadable: number;
  /** Pruned, or never kept. */
  readonly without_bytes: number;
  readonly last_seq: Seq;
  readonly gaps: readonly LostStretch[];
}
