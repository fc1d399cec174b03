/**
 * Names that sync tools and merge tools give to the losing side of a conflict. A name is only a suspicion: whether the
 * copy belongs to its original is decided from the files and their history.
 */
type ConflictTool = 'syncthing' | 'dropbox' | 'seafile' | 'onedrive' | 'merge' | 'copy';

export interface ConflictCopy {
  /** Path of the original, ending included. */
  readonly stem: string;
  readonly tool: ConflictTool;
  /** False where people choose such names themselves (`order-LAPTOP`, `plan (1)`): more evidence is needed then. */
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
  /** Host names as Windows invents them. */
  {
    tool: 'onedrive',
    sure: true,
    pattern: /^(.+)-(?:(?:DESKTOP|LAPTOP)-[A-Z0-9]{7,8}|WIN-[A-Z0-9]{11})(?:-\d{1,2})?(\.[^.]+)$/,
  },
  /** Host names that a person chose: at most 15 capitals and digits (NetBIOS), at least one of them a letter. */
  { tool: 'onedrive', sure: false, pattern: /^(.+?)-(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{1,14}(\.[^.]+)$/ },
  { tool: 'merge', sure: true, pattern: /^(.+)(\.jsonl?)\.orig$/ },
  { tool: 'copy', sure: false, pattern: /^(.+) \(\d{1,2}\)(\.[^.]+)$/ },
];

/** Of which path this would be a conflict copy, by its name alone; null when the name says nothing of the kind. */
export function conflictCopyOf(path: string): ConflictCopy | null {
  const cut = path.lastIndexOf('/') + 1;
  for (const { tool, sure, pattern } of habits) {
    const match = pattern.exec(path.slice(cut));
    if (match !== null) return { stem: `${path.slice(0, cut)}${match[1]}${match[2]}`, tool, sure };
  }
  return null;
}
