/** `larder import`: plan() looks at the source's name and first bytes, execute() reads it record by record and writes. */
import type { Clock } from '../host/ports.ts';
import { withoutMark } from './import-bytes.ts';
import { cutCsv } from './import-csv.ts';
import { executeImport, type ImportCounts } from './import-execute.ts';
import { readFolder } from './import-folder.ts';
import { cutJson } from './import-json.ts';
import { cutLines } from './import-lines.ts';
import { HEAD_BYTES, planImport, type ImportPlan } from './import-plan.ts';
import type {
  ImportOptions,
  ImportProgress,
  ImportReport,
  ImportSink,
  ImportSource,
  RawRecord,
} from './import-types.ts';

export interface ImportSurroundings {
  readonly sink: ImportSink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

/** The source with what planning found out; its beginning is read already. */
export interface PlannedImport {
  readonly plan: ImportPlan;
  readonly source: ImportSource;
  readonly options: ImportOptions;
}

/** Throws LarderError `bad_usage` when the format cannot be told. Reads at most the first 64 KiB. */
export async function plan(source: ImportSource, options: ImportOptions): Promise<PlannedImport> {
  if (source.kind === 'folder') return { plan: { format: 'folder', delimiter: ',' }, source, options };
  const { head, chunks } = await peek(source.chunks());
  return { plan: planImport(source.name, head, options.format), source: { ...source, chunks: () => chunks }, options };
}

/** Looks at the first bytes of a stream without losing them: standard input cannot be read twice. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly chunks: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let [bytes, ended] = [0, false];
  while (bytes < HEAD_BYTES && !ended) {
    const next = await iterator.next();
    ended = next.done === true;
    if (next.done !== true) bytes += pieces[pieces.push(next.value) - 1]?.length ?? 0;
  }
  const head = Buffer.concat(pieces);
  return { head, chunks: resume(head, iterator) };
}

async function* resume(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

export async function execute(planned: PlannedImport, around: ImportSurroundings): Promise<ImportReport> {
  const {
    plan: { format },
    source,
    options,
  } = planned;
  const startedMs = around.clock.monotonicMs();
  const seen = { bytes: 0, ignored: 0 };
  const totalBytes = source.kind === 'stream' ? source.totalBytes : null;
  const elapsedMs = (): number => around.clock.monotonicMs() - startedMs;
  const schema = await around.sink.schema();
  const counts = await executeImport({
    ...around,
    records: recordsOf(planned, schema, seen),
    rule: { collection: options.collection, field: options.idField, bySchema: hasIdRule(schema) },
    onBatch: ({ read }) => around.onProgress({ records: read, bytes: seen.bytes, totalBytes, elapsedMs: elapsedMs() }),
  });
  return report(options.collection, format, counts, seen.ignored, elapsedMs());
}

const report = (
  collection: string,
  format: ImportReport['format'],
  counts: ImportCounts,
  ignored: number,
  tookMs: number,
): ImportReport => {
  const { read, created, updated, unchanged, refused, refusals } = counts;
  return {
    collection,
    format,
    read,
    created,
    updated,
    unchanged,
    refused,
    ignored,
    refusals,
    tookMs: Math.round(tookMs),
  };
};

function hasIdRule(schema: unknown): boolean {
  const rules = (schema as { readonly 'x-larder'?: { readonly id?: unknown } } | null)?.['x-larder'];
  return typeof rules?.id === 'string';
}

interface Seen {
  bytes: number;
  ignored: number;
}

function recordsOf(
  { plan: { format, delimiter }, source }: PlannedImport,
  schema: unknown,
  seen: Seen,
): AsyncIterable<RawRecord[]> {
  if (source.kind === 'folder') return readFolder(source.files(), source.name, () => void seen.ignored++);
  const chunks = withoutMark(counted(source.chunks(), seen));
  if (format === 'lines') return cutLines(chunks, source.name);
  return format === 'csv' ? cutCsv(chunks, source.name, { delimiter, schema }) : cutJson(chunks, source.name);
}

async function* counted(chunks: AsyncIterable<Uint8Array>, seen: Seen): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    seen.bytes += chunk.length;
    yield chunk;
  }
}
