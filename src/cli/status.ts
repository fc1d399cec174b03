import type { Access, HistoryReport, StatusReport } from './access.ts';
import { outJson, type Io } from './io.ts';
import { sayBytes } from './bytes.ts';

export async function showStatus(access: Access, asJson: boolean, io: Io): Promise<number> {
  const report = await access.status();
  if (asJson) outJson(io, report);
  else
    io.out(
      describe(report)
        .map(([name, value]) => `${name.padEnd(10)} ${value}\n`)
        .join(''),
    );
  return 0;
}

function describe({
  root,
  daemon,
  ready,
  reasons,
  scan,
  durability,
  seq,
  history,
  namespaces,
}: StatusReport): [string, string][] {
  return [
    ['root', root ?? 'on the daemon’s machine'],
    [
      'daemon',
      daemon === null
        ? 'none; opened for this command'
        : `${daemon.url}${daemon.pid === null ? '' : ` (process ${daemon.pid})`}`,
    ],
    ['ready', sayReady(ready, reasons, scan)],
    ['durability', durability === null ? 'not said' : SAID[durability]],
    ['seq', seq === null ? 'not known yet' : String(seq)],
    ['documents', namespaces === null ? 'not known yet' : `${sayCounts(namespaces)}${sayIgnored(scan)}`],
    ['history', history === null ? 'not said' : sayHistory(history)],
    ['problems', namespaces === null ? 'not known yet' : sayProblems(namespaces)],
  ];
}

const SAID = {
  sync: 'sync: a write is on the disk before it is answered',
  os: 'os: a power failure may lose the last seconds',
} as const;

function sayHistory({
  log_bytes: log,
  blob_bytes: blobs,
  free_bytes: free,
  total_bytes: total,
}: HistoryReport): string {
  const share = total === 0 ? '' : `; ${sayBytes(free)} (${Math.floor((free / total) * 100)} %) of the disk free`;
  return `${sayBytes(log + blobs)}${share}`;
}

function sayReady(ready: boolean, reasons: readonly string[], scan: StatusReport['scan']): string {
  const progress =
    ready || scan === null
      ? ''
      : `, ${format(scan.looked)} ${scan.total === null ? '' : `of about ${format(scan.total)} `}files looked at`;
  const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
  return `${ready ? 'yes' : 'no'}${why}${progress}`;
}

const sayIgnored = (scan: StatusReport['scan']): string =>
  scan === null || scan.ignored === 0 ? '' : `; other files beside them, ignored: ${format(scan.ignored)}`;

type Namespaces = NonNullable<StatusReport['namespaces']>;

const sum = (namespaces: Namespaces, key: 'count' | 'problems'): number =>
  namespaces.reduce((total, one) => total + one[key], 0);

function sayCounts(namespaces: Namespaces): string {
  const each = namespaces.map(({ name, count }) => `${name} ${format(count)}`).join(', ');
  return `${format(sum(namespaces, 'count'))}${each === '' ? '' : ` (${each})`}`;
}

function sayProblems(namespaces: Namespaces): string {
  const problems = sum(namespaces, 'problems');
  return problems === 0 ? 'none' : `${format(problems)}; larder problems lists them`;
}

const format = (count: number): string => count.toLocaleString('en');
