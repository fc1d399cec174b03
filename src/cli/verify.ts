/** `larder verify`: through the daemon that serves the root, otherwise read-only on what lies there. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { holdsLock } from '../find-daemon.ts';
import { systemClock } from '../host/system-clock.ts';
import { compareRoots, type Comparison, type Relation } from '../maintain/verify/against.ts';
import { openClosedRoot } from '../maintain/verify/closed-root.ts';
import { verify } from '../maintain/verify/verify.ts';
import type { VerifyListener } from '../maintain/verify/verify.ts';
import type { Finding, VerifyLine, VerifyProgress, VerifySummary } from '../maintain/verify/types.ts';
import { findDaemonFor } from './access.ts';
import { askLines } from './asked-lines.ts';
import type { CommonFlags, LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';
import { printable } from './printable.ts';
import { openLine } from './progress.ts';
import { rebuild, refuseServed } from './rebuild.ts';

export interface VerifyFlags extends CommonFlags {
  readonly against?: string;
  readonly repair?: true;
}

const DIFFERENCES = 4;
/** Findings of each kind that are listed; all are counted. */
const MOST_LISTED = 10_000;

export async function verifyRoot(flags: VerifyFlags, config: LoadedConfig, io: Io): Promise<number> {
  const findings: Finding[] = [];
  using line = openLine(io, systemClock);
  const listener: VerifyListener = {
    finding: (finding) => {
      if (findings.length < MOST_LISTED) findings.push(finding);
    },
    progress: (progress) => line.show(() => describeProgress(progress)),
  };
  if (flags.repair === true) await repair(flags, config, io);
  const summary = await run(flags, config, listener, io);
  const comparison = flags.against === undefined ? null : await compare(config, flags.against, listener, io);
  line.clear();
  const ok = summary.ok && (comparison?.differences ?? 0) === 0;
  if (flags.json === true) outJson(io, { ...summary, ok, ...(comparison && { against: comparison }), findings });
  else {
    // Beside another root each line says whose it is.
    const own = `${comparison ? `${config.root}: ` : ''}${sum(summary, findings.length)}\n`;
    io.out(`${findings.map(describe).join('')}${own}${comparison ? describeComparison(comparison) : ''}`);
  }
  return ok ? 0 : DIFFERENCES;
}

const DERIVED: ReadonlySet<Finding['code']> = new Set(['catalog', 'text', 'problem']);

/** Rebuilds when something derived differs. Files and log are never touched. */
async function repair(flags: VerifyFlags, config: LoadedConfig, io: Io): Promise<void> {
  refuseServed(flags, config);
  let derived = 0;
  const count = (finding: Finding): void => {
    if (finding.kind === 'difference' && DERIVED.has(finding.code)) derived++;
  };
  await verifyClosed(config.root, { finding: count, progress: () => {} });
  if (derived === 0) return;
  io.err(`${derived} differences in derived data: they are made anew\n`);
  await rebuild(config);
}

function compare({ root }: LoadedConfig, against: string, listener: VerifyListener, io: Io): Promise<Comparison> {
  const other = resolve(io.workingDirectory, against);
  return compareRoots(root, existsSync(other) ? realpathSync(other) : other, listener);
}

const RELATIONS: Readonly<Record<Relation, string>> = {
  same: 'the same history',
  behind: 'a beginning of this history',
  ahead: 'this history and more',
  diverged: 'it went on by itself',
  unrelated: 'another history',
};

function describeComparison({ other, relation, log, seq, common, differences }: Comparison): string {
  const history =
    log === null ? 'files without a history' : `${RELATIONS[relation]} (seq ${seq} there, ${common} in common)`;
  return `${other}: ${history}, ${differences.toLocaleString('en')} documents differ\n`;
}

async function run(
  flags: VerifyFlags,
  config: LoadedConfig,
  listener: VerifyListener,
  { signal }: Io,
): Promise<VerifySummary> {
  const daemon = findDaemonFor(flags, config);
  if (daemon === null) return verifyClosed(config.root, listener);
  for await (const line of askLines<VerifyLine>(daemon.url, '/v1/_verify', null, signal)) {
    if ('finding' in line) listener.finding(line.finding);
    else if ('progress' in line) listener.progress(line.progress);
    else return line.summary;
  }
  throw new LarderError('no_daemon', 'the daemon ended before it had verified everything');
}

async function verifyClosed(root: string, listener: VerifyListener): Promise<VerifySummary> {
  if (holdsLock(root))
    throw new LarderError('root_locked', `another command works on ${root}; verify it when that has ended`);
  await using subject = await openClosedRoot(root);
  return await verify(subject, listener);
}

function describeProgress({ stage, done, total }: VerifyProgress): string {
  const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
  return `${stage}: ${done.toLocaleString('en')}${of}`;
}

function describe({ kind, code, path, expected, found, detail }: Finding): string {
  const sides = [expected === null ? [] : [`expected ${expected}`], found === null ? [] : [`found ${found}`]].flat();
  return `${kind} ${code} ${printable(path)}: ${detail}${sides.length === 0 ? '' : `\n    ${sides.join('; ')}`}\n`;
}

function sum(summary: VerifySummary, listed: number): string {
  const { differences, pending, paths, files, versions, without_bytes: without, catalog, seq } = summary;
  const all = differences + pending;
  const more = all > listed ? `${all - listed} more are not listed. ` : '';
  const known = `${files.toLocaleString('en')} files, ${paths.toLocaleString('en')} paths, ${versions.toLocaleString('en')} versions up to seq ${seq}`;
  const kept = without === 0 ? '' : `, ${without.toLocaleString('en')} of them without bytes`;
  const derived = catalog ? '' : '; a catalog was not compared';
  const verdict = summary.ok ? 'no differences' : `${differences.toLocaleString('en')} differences`;
  return `${more}${verdict}, ${pending.toLocaleString('en')} pending: ${known}${kept}${derived}`;
}
