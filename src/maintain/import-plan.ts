/** How a source is to be read, from its name and its first bytes alone. */
import { LarderError } from '../core/errors.ts';
import type { ImportFormat } from './import-types.ts';

/** Enough to see the first line of most files. */
export const HEAD_BYTES = 64 * 1024;

export interface ImportPlan {
  readonly format: ImportFormat;
  /** For CSV: what stands between cells. */
  readonly delimiter: string;
}

/** Throws LarderError `bad_usage` for what is none of the known formats. */
export function planImport(name: string, head: Uint8Array, asked: ImportFormat | null): ImportPlan {
  const text = new TextDecoder('utf-8').decode(head).trimStart();
  const format = asked ?? formatByName(name, text) ?? formatByText(text);
  if (format === null) {
    throw new LarderError(
      'bad_usage',
      `${name} is neither JSON nor CSV by its name or its beginning; say --format json, ndjson or csv`,
    );
  }
  return { format: format === 'array' ? arrayOrObject(text) : format, delimiter: delimiterOf(firstLine(text)) };
}

const firstLine = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? '';

function formatByName(name: string, text: string): ImportFormat | null {
  if (/\.(?:ndjson|jsonl)$/i.test(name)) return 'lines';
  if (/\.(?:csv|tsv)$/i.test(name)) return 'csv';
  // Many tools call NDJSON .json: then the first line is a whole object and more follows.
  if (/\.json$/i.test(name)) return isLines(text) ? 'lines' : 'array';
  return null;
}

const arrayOrObject = (text: string): ImportFormat => (text.startsWith('{') ? 'object' : 'array');

function formatByText(text: string): ImportFormat | null {
  if (text.startsWith('[')) return 'array';
  if (text.startsWith('{')) return isLines(text) ? 'lines' : 'object';
  return /[,;\t]/.test(firstLine(text)) ? 'csv' : null;
}

/** A first line that is a whole object; but `{"a":{}}` alone in a file is an object of objects as well. */
function isLines(text: string): boolean {
  const line = firstLine(text);
  if (!line.startsWith('{') || text.slice(line.length).trim() === '') return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** The commonest candidate outside quotes in the header; spreadsheets of half the world write semicolons. */
function delimiterOf(header: string): string {
  const bare = header.replace(/"(?:[^"]|"")*"/g, '');
  const count = (mark: string): number => bare.split(mark).length - 1;
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ',';
}
