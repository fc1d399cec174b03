/** `larder import`: records from a file or folder become documents. Source and sink are what the caller has at hand. */

export type ImportFormat = 'array' | 'object' | 'lines' | 'csv' | 'folder';

/** One file of a folder. `path` is relative to the folder, `/` between segments. */
export interface SourceFile {
  readonly path: string;
  readonly read: () => Promise<Uint8Array>;
}

export type ImportSource =
  | {
      readonly kind: 'stream';
      readonly name: string;
      readonly totalBytes: number | null;
      readonly chunks: () => AsyncIterable<Uint8Array>;
    }
  | { readonly kind: 'folder'; readonly name: string; readonly files: () => AsyncIterable<SourceFile> };

export interface ImportOptions {
  /** `ns/collection` */
  readonly collection: string;
  /** The member whose value becomes the id. */
  readonly idField: string | null;
  /** Overrides what name and first bytes say. */
  readonly format: ImportFormat | null;
}

/** A record cut out of its source: bytes that nobody has read as JSON yet, or why there are none. `line` is its first. */
export type RawRecord =
  | {
      readonly kind: 'bytes';
      readonly where: string;
      readonly line: number;
      readonly key: string | null;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'broken'; readonly where: string; readonly code: string; readonly detail: string };

/** Ready to be written. Without an id the collection's rule gives one (API.md, POST). */
export interface ImportItem {
  readonly id: string | null;
  /** JSON text as in the source: numbers keep their spelling. */
  readonly text: string;
}

/** What became of a batch. `at` counts from 0 in the batch. */
export interface BatchResult {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: readonly { readonly at: number; readonly code: string; readonly detail: string }[];
}

export interface ImportSink {
  /** JSON Schema in force for the collection, or null. */
  schema(): Promise<unknown>;
  /** Rejects only when nothing more can be written. */
  write(items: readonly ImportItem[]): Promise<BatchResult>;
}

/** `where` is `file:line` or the file of a folder. */
export interface Refusal {
  readonly where: string;
  readonly id: string | null;
  readonly code: string;
  readonly detail: string;
}

export interface ImportReport {
  readonly collection: string;
  readonly format: ImportFormat;
  readonly read: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Files of a folder that hold no document by their name. */
  readonly ignored: number;
  /** The first refusals, in the order of the source. */
  readonly refusals: readonly Refusal[];
  readonly tookMs: number;
}

export interface ImportProgress {
  readonly records: number;
  readonly bytes: number;
  /** Null when the source does not know its size. */
  readonly totalBytes: number | null;
  readonly elapsedMs: number;
}
