/**
 * Names that sync tools and merge tools give to the losing side of a conflict. A name is only a suspicion: whether the
 * copy belongs to its original is decided from the files and their history.
 */
import { classify } from './refs.ts';

type ConflictTool = 'syncthing' | 'dropbox' | 'seafile' | 'onedrive' | 'merge' | 'copy';

export interface ConflictCopy {
  /** Path of the original, ending included. */
  readonly stem: string;
  readonly tool: ConflictTool;
  /** False where people choose such names themselves (`order-ADAS-PC`, `plan (1)`): more evidence is needed then. */
  readonly sure: boolean;
}

interface Habit {
  readonly tool: ConflictTool;
  readonly sure: boolean;
  /** Groups: the name without ending, and the ending with its dot. */
  readonly pattern: RegExp;
}

const habits: readonly Habit[] = [
  {
    tool: 'syncthing',
    sure: true,
    pattern: /^(.+)\.sync-conflict-\d{8}-\d{6}(?:-[A-Z2-7]{7})?(\.[^.]+)$/,
  },
  /** Also Nextcloud and ownCloud, which spell it alike. */
  { tool: 'dropbox', sure: true, pattern: /^(.+) \((?:[^()]* )?conflicted copy(?: [^()]*)?\)(\.[^.]+)$/i },
  { tool: 'seafile', sure: true, pattern: /^(.+) \(SFConflict [^()]*\)(\.[^.]+)$/ },
  /** Host names as Windows invents them: letters and digits mixed. */
  {
    tool: 'onedrive',
    sure: true,
    pattern:
      /^(.+)-(?:(?:DESKTOP|LAPTOP)-(?=\d*[A-Z])(?=[A-Z]*\d)[A-Z0-9]{7,8}|WIN-(?=\d*[A-Z])(?=[A-Z]*\d)[A-Z0-9]{11})(?:-\d{1,2})?(\.[^.]+)$/,
  },
  /**
   * One in ten of them has letters alone, and then may be a word; older Windows made `ADA-PC` of a person's name. Any other capitals
   * may be a language (`en-US`), a place, or a code: host names that a person chose are not told from these.
   */
  {
    tool: 'onedrive',
    sure: false,
    pattern: /^(.+?)-(?:(?:DESKTOP|LAPTOP)-[A-Z]{7,8}|WIN-[A-Z]{11}|[A-Z][A-Z0-9]{1,11}-PC)(?:-\d{1,2})?(\.[^.]+)$/,
  },
  { tool: 'merge', sure: true, pattern: /^(.+)(\.jsonl?)\.orig$/ },
  { tool: 'copy', sure: false, pattern: /^(.+) \(\d{1,2}\)(\.[^.]+)$/ },
];

/** What one of the habits needs; most names have nothing of the kind and are done with it. */
const suspicious = /conflict| \(|-(?:DESKTOP|LAPTOP|WIN|PC)\b|\.orig$/i;

/**
 * Of which document or stream this would be a conflict copy, by its name alone; null when the name says nothing of the kind. Files
 * below `files/` are what they are called.
 */
export function conflictCopyOf(path: string): ConflictCopy | null {
  const cut = path.lastIndexOf('/') + 1;
  const name = path.slice(cut);
  if (!suspicious.test(name)) return null;
  for (const { tool, sure, pattern } of habits) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const stem = `${path.slice(0, cut)}${match[1]}${match[2]}`;
    if (isDocument(stem)) return { stem, tool, sure };
  }
  return null;
}

function isDocument(path: string): boolean {
  const { kind } = classify(path);
  return kind === 'document' || kind === 'stream';
}

/** Names that nobody but these tools gives are copies also while the original is away. */
const ALONE: ReadonlySet<ConflictTool> = new Set(['syncthing', 'dropbox', 'seafile']);

export const standsAlone = ({ tool }: ConflictCopy): boolean => ALONE.has(tool);

/** What the files say where the name alone does not. */
export interface CopyEvidence {
  /** The original is there. */
  readonly stemExists: boolean;
  readonly isYounger: boolean;
  /** It shares at least half its lines with a version of the original. */
  readonly isAlike: boolean;
}

export function isConflictCopy(copy: ConflictCopy, { stemExists, isYounger, isAlike }: CopyEvidence): boolean {
  if (standsAlone(copy)) return true;
  return stemExists && (copy.sure || (isYounger && isAlike));
}

/** Lines that say something: braces alone are in every document. */
const linesOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const told = line.trim().replace(/,$/, '');
    return /[\p{L}\p{N}]/u.test(told) ? [told] : [];
  });

export function sharesHalfItsLines(copy: string, version: string): boolean {
  const lines = linesOf(copy);
  const known = new Set(linesOf(version));
  return lines.length > 0 && lines.filter((line) => known.has(line)).length * 2 >= lines.length;
}
