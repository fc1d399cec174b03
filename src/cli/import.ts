/** `larder import FILE ns/collection`. */
import { LarderError } from '../core/errors.ts';
import { isServableDirectory } from '../core/names.ts';
import { systemClock } from '../host/system-clock.ts';
import { execute, plan, type PlannedImport } from '../maintain/import.ts';
import type { ImportFormat, ImportReport } from '../maintain/import-types.ts';
import type { Access } from './access.ts';
import { openProgress } from './progress.ts';
import { outJson, type Io } from './io.ts';
import { openSource } from './source.ts';

export interface ImportFlags {
  readonly id?: string;
  readonly format?: 'json' | 'ndjson' | 'csv';
}

const FORMATS: Readonly<Record<NonNullable<ImportFlags['format']>, ImportFormat>> = {
  json: 'array',
  ndjson: 'lines',
  csv: 'csv',
};

/** Some records were refused, the others are written. */
const PARTLY = 3;

/** Looks at the file alone: what cannot be imported is told before any root is opened. */
export async function planFile(
  file: string,
  collection: string,
  { id, format }: ImportFlags,
  io: Io,
): Promise<PlannedImport> {
  checkCollection(collection);
  return plan(openSource(file, io), {
    collection,
    idField: id ?? null,
    format: format === undefined ? null : FORMATS[format],
  });
}

export async function importFile(access: Access, planned: PlannedImport, asJson: boolean, io: Io): Promise<number> {
  using progress = openProgress(io, systemClock);
  const report = await execute(planned, {
    sink: access.importSink(planned.options.collection),
    clock: systemClock,
    signal: io.signal,
    onProgress: progress.show,
  });
  progress.clear();
  if (asJson) outJson(io, report);
  else io.out(describe(report));
  return report.refused === 0 ? 0 : PARTLY;
}

function checkCollection(collection: string): void {
  const [namespace = '', name = '', ...rest] = collection.split('/');
  const fault = isServableDirectory(namespace) ?? isServableDirectory(name);
  if (rest.length > 0 || fault !== null || name === 'files') {
    const why = fault === null ? '' : `: ${fault.detail}`;
    throw new LarderError('bad_usage', `${collection} is no collection${why}; it is named as namespace/collection`);
  }
}

function describe({
  collection,
  created,
  updated,
  unchanged,
  refused,
  ignored,
  refusals,
  tookMs,
}: ImportReport): string {
  const counts = `${format(created)} created, ${format(updated)} updated, ${format(unchanged)} unchanged, ${format(refused)} refused`;
  const others = ignored === 0 ? '' : `, ${format(ignored)} other files left out`;
  const rate = Math.round(((created + updated + unchanged) / Math.max(tookMs, 1)) * 1000);
  const lines = refusals.map(({ where, id, detail }) => `  ${where}: ${id === null ? '' : `${id}: `}${detail}\n`);
  const more = refused > refusals.length ? `  … and ${format(refused - refusals.length)} more\n` : '';
  return `${collection}: ${counts}${others} (${(tookMs / 1000).toFixed(1)} s, ${format(rate)}/s)\n${lines.length > 0 ? `refused:\n${lines.join('')}${more}` : ''}`;
}

const format = (count: number): string => count.toLocaleString('en');
