/**
 * Commands that take something away, or change much at once: they say what they would do, and do it once somebody says yes, by `--yes` or at
 * the terminal.
 */
import { outJson, type Io } from './io.ts';

export interface SureFlags {
  readonly yes?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

export interface Doing<T> {
  /** `shown`: what the person at the terminal said yes to. */
  readonly run: (isPreview: boolean, shown: T | null) => Promise<T>;
  readonly describe: (report: T, isPreview: boolean) => string;
  /** There is nothing to do. */
  readonly isEmpty: (report: T) => boolean;
}

export async function askFirst<T>(doing: Doing<T>, { yes, dryRun, json }: SureFlags, io: Io): Promise<void> {
  const isPreview = yes !== true || dryRun === true;
  const report = await doing.run(isPreview, null);
  if (json === true) return outJson(io, report);
  io.out(doing.describe(report, isPreview));
  if (!isPreview || doing.isEmpty(report)) return;
  if (io.ask === undefined || dryRun === true) return io.out('nothing is changed yet: --yes does it\n');
  if (await io.ask('Do it?')) io.out(doing.describe(await doing.run(false, report), false));
  else io.err('nothing was changed\n');
}
