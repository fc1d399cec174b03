/**
 * Figures for Prometheus. Routes are labelled by their pattern, never by the path: a label with ids in it would grow with the
 * data. What Larder knows of itself is read when somebody asks.
 */
import { collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client';
import type { Status } from '../core/requests.ts';
import type { Larder } from '../larder-types.ts';
import type { StreamCount } from './serving.ts';

export interface HttpMetrics {
  readonly observe: (method: string, route: string, status: number, seconds: number) => void;
}

export function openMetrics(registry: Registry, larder: Larder, streams: StreamCount): HttpMetrics {
  // Event loop lag, memory, garbage collection, open handles.
  collectDefaultMetrics({ register: registry });
  gaugeStatus(registry, larder);
  gaugeHistory(registry, larder);
  gauge(registry, 'larder_http_streams', 'Event streams and long polls open now', () => streams.open);
  gauge(
    registry,
    'larder_ignored_files',
    'Files among the documents that are no JSON',
    () => larder.readiness().scan.ignored,
  );
  gauge(registry, 'larder_ready', '1 once the first scan is done', () => Number(larder.readiness().ready));
  const durations = new Histogram({
    name: 'larder_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer; its count is the number of requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 10],
    registers: [registry],
  });
  return { observe: (method, route, status, seconds) => durations.observe({ method, route, status }, seconds) };
}

const statusGauges: readonly (readonly [name: string, help: string, value: (status: Status) => number])[] = [
  ['larder_seq', 'Newest seq', (status) => status.seq],
  ['larder_checkpoint_seq', 'Everything up to this seq is synced in place', (status) => status.checkpoint],
  ['larder_documents', 'Documents served', (status) => status.documents],
  ['larder_problems', 'Open problems', (status) => status.problems],
  ['larder_log_bytes', 'Size of the event log', (status) => status.logBytes],
  ['larder_catalog_bytes', 'Size of the catalog', (status) => status.catalogBytes],
  ['larder_watches', 'Kernel watches held', (status) => status.watcher.watches],
];

function gaugeStatus(registry: Registry, larder: Larder): void {
  for (const [name, help, value] of statusGauges) gauge(registry, name, help, () => value(larder.status()));
}

const historyGauges: readonly (readonly [name: string, help: string, key: 'blobBytes' | 'freeBytes' | 'totalBytes'])[] =
  [
    ['larder_blob_bytes', 'Size of large versions, kept beside the log', 'blobBytes'],
    ['larder_disk_free_bytes', 'Free bytes of the file system of the root', 'freeBytes'],
    ['larder_disk_total_bytes', 'All bytes of the file system of the root', 'totalBytes'],
  ];

function gaugeHistory(registry: Registry, { maintenance }: Larder): void {
  for (const [name, help, key] of historyGauges) gauge(registry, name, help, () => maintenance.history()[key]);
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const made: Gauge = new Gauge({ name, help, registers: [], collect: () => made.set(read()) });
  registry.registerMetric(made);
}
