/** `larder normalise [PATHS]`: says what it would lay out anew, then asks, or wants `--yes`. */
import { LarderError } from '../core/errors.ts';
import type { NormaliseReport } from '../larder/normalise.ts';
import type { Access } from './access.ts';
import { askFirst, type SureFlags } from './ask-first.ts';
import type { Io } from './io.ts';
import { parseBelow } from './targets.ts';

export interface NormaliseFlags extends SureFlags {
  readonly indent?: string;
}

const LISTED = 20;
const PARTLY_DONE = 3;

export async function normaliseDocuments(
  access: Access,
  root: string | null,
  paths: readonly string[],
  flags: NormaliseFlags,
  io: Io,
): Promise<number> {
  const indent = indentOf(flags.indent ?? '2');
  const named = paths.map((path) => parseBelow(path, root, io));
  const below = named.includes('') ? [] : named;
  let isPart = false;
  const run = async (isPreview: boolean): Promise<NormaliseReport> => {
    const report = await access.normalise(below, indent, isPreview);
    isPart = !isPreview && report.refused.length > 0;
    return report;
  };
  await askFirst({ run, describe, isEmpty: ({ changed }) => changed.length === 0 }, flags, io);
  return isPart ? PARTLY_DONE : 0;
}

function indentOf(text: string): number | 'tab' {
  if (text === 'tab') return text;
  if (/^[1-8]$/.test(text)) return Number(text);
  throw new LarderError('bad_usage', `--indent must be 1 to 8 spaces, or tab, not ${JSON.stringify(text)}`);
}

function describe({ looked, changed, left, refused, change_set: changeSet, dry_run: dryRun }: NormaliseReport): string {
  const named = changed.slice(0, LISTED).map((path) => `${path}\n`);
  const more = changed.length > LISTED ? `and ${changed.length - LISTED} more\n` : '';
  const alone = left.map((path) => `left alone, its file is not what is served: ${path}\n`);
  const not = refused.map(
    ({ path, code, detail }) => `left alone, it would be refused: ${path}: ${detail} (${code})\n`,
  );
  const done = dryRun
    ? `${changed.length} of ${looked} documents would be laid out anew\n`
    : `${changed.length} of ${looked} documents laid out anew${changeSet === null ? '' : ` (change set ${changeSet})`}\n`;
  return `${named.join('')}${more}${alone.join('')}${not.join('')}${done}`;
}
