/** `larder rescue DIR`. */
import { resolve } from 'node:path';
import { systemClock } from '../host/system-clock.ts';
import { rescue } from '../maintain/rescue/rescue.ts';
import type { RescueReport } from '../maintain/rescue/types.ts';
import type { CommonFlags, LoadedConfig } from './config-file.ts';
import { outJson, type Io } from './io.ts';
import { openLine } from './progress.ts';

export interface RescueFlags extends CommonFlags {
  readonly allVersions?: true;
}

const PARTLY = 3;

export function rescueLog(directory: string, flags: RescueFlags, { root }: LoadedConfig, io: Io): number {
  const target = resolve(io.workingDirectory, directory);
  using line = openLine(io, systemClock);
  const report = rescue({
    root,
    target,
    allVersions: flags.allVersions === true,
    onProgress: (versions) => line.show(() => `${versions.toLocaleString('en')} versions`),
  });
  line.clear();
  if (flags.json === true) outJson(io, { ...report, target });
  else io.out(describe(report, target, flags.allVersions === true));
  return report.gaps.length + report.unreadable === 0 ? 0 : PARTLY;
}

function describe(
  { gaps, versions, written, paths, unreadable, without_bytes: without }: RescueReport,
  target: string,
  allVersions: boolean,
): string {
  const lost = gaps.map(
    ({ segment, from, to, reason }) =>
      `unreadable: ${segment}, bytes ${from} to ${to}: ${reason}; reading went on behind\n`,
  );
  const damaged = unreadable === 0 ? '' : `, ${unreadable} have damaged bytes`;
  const pruned = without === 0 ? '' : `, ${without} are kept without bytes`;
  const done = allVersions
    ? `${written} of ${versions} versions of ${paths} paths written to ${target}`
    : `the newest version of ${paths} paths written to ${target}, ${versions} versions listed in its versions.ndjson`;
  return `${lost.join('')}${done}${damaged}${pruned}\n`;
}
