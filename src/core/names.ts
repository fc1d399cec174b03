/**
 * Which names are served (FORMAT.md, names): those that mean the same on every file system and in every URL. What
 * follows them on disk is a document; what does not is a problem, never served under a bent name.
 */
import type { Fault } from './events.ts';

const MAX_SEGMENT_BYTES = 200;

interface NameRule {
  readonly code: string;
  readonly broken: (segment: string) => boolean;
  readonly detail: (segment: string) => string;
}

const controls = /\p{Cc}/u;
const forbidden = /[\\:*?"<>|/]/;
/** Windows gives these to devices, whatever their ending (Microsoft, "Naming Files, Paths, and Namespaces"). */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** In the order in which they are told: the first broken rule is the one a person should read. */
const rules: readonly NameRule[] = [
  { code: 'name_empty', broken: (s) => s === '', detail: () => 'a name is empty' },
  { code: 'name_surrogate', broken: (s) => !s.isWellFormed(), detail: () => 'a lone surrogate is not a character' },
  {
    code: 'name_control',
    broken: (s) => controls.test(s),
    detail: (s) => `the control character ${codePoint(controls.exec(s)?.[0] ?? '')} cannot stand in a name`,
  },
  {
    code: 'name_character',
    broken: (s) => forbidden.test(s),
    detail: (s) => `${forbidden.exec(s)?.[0]} cannot stand in a name (nor \\ : * ? " < > |)`,
  },
  { code: 'name_dot', broken: (s) => s.startsWith('.'), detail: () => 'a name cannot start with a dot' },
  {
    code: 'name_underscore',
    broken: (s) => s.startsWith('_'),
    detail: () => 'a name cannot start with _, which marks what belongs to Larder',
  },
  { code: 'name_ends_in_dot', broken: (s) => s.endsWith('.'), detail: () => 'a name cannot end in a dot' },
  { code: 'name_ends_in_space', broken: (s) => s.endsWith(' '), detail: () => 'a name cannot end in a space' },
  {
    code: 'name_reserved',
    broken: (s) => reserved.test(s),
    detail: (s) => `${s.split('.', 1)[0]} is a device on Windows, with any ending`,
  },
  {
    code: 'name_not_nfc',
    broken: (s) => s.normalize('NFC') !== s,
    detail: (s) => `the name is not in Unicode form NFC; the served spelling would be ${s.normalize('NFC')}`,
  },
  {
    code: 'name_too_long',
    broken: (s) => Buffer.byteLength(s) > MAX_SEGMENT_BYTES,
    detail: (s) => `the name has ${Buffer.byteLength(s)} bytes, at most ${MAX_SEGMENT_BYTES} are allowed`,
  },
];

/** Names that break none of the rules, told by one look: long enough to be no device. */
const ordinary = /^[a-z0-9][a-z0-9_-]{5,150}$/i;

/**
 * Why one segment of an address cannot be served, or null. For a document the segment is judged without `.json`, for a
 * stream and a file with its ending.
 */
export function isServableSegment(segment: string): Fault | null {
  if (ordinary.test(segment)) return null;
  const rule = rules.find(({ broken }) => broken(segment));
  return rule === undefined ? null : { code: rule.code, detail: rule.detail(segment) };
}

const endsLikeDocument = /\.jsonl?$/i;

/** A name that no directory with documents has. */
export const looksLikeDocument = (name: string): boolean => endsLikeDocument.test(name);

/** As `isServableSegment`, for a namespace, a collection or a folder: never one that looks like a document. */
export function isServableDirectory(segment: string): Fault | null {
  if (isIgnoredDirectory(segment) && !segment.startsWith('.')) {
    return { code: 'name_ignored', detail: `directories called ${segment} are never looked into` };
  }
  if (looksLikeDocument(segment)) {
    return { code: 'name_directory_ending', detail: 'a directory cannot end in .json or .jsonl' };
  }
  return isServableSegment(segment);
}

const temporary = /^(?:\..*|.*~|#.*#|4913|.*\.(?:sw[op]|tmp|bak))$/s;
/** What file systems, NAS boxes and Windows put beside data of their own accord. */
const systemDirectories = new Set(['lost+found', '@eaDir', '$RECYCLE.BIN', 'System Volume Information']);

/** Dot files, and names by which editors and sync tools call a file that is not yet, or no longer, the document. */
export const isIgnoredName = (name: string): boolean => temporary.test(name);

/** Directories that are never looked into. `4913` or `old.bak` may well be a folder of documents. */
export const isIgnoredDirectory = (name: string): boolean => name.startsWith('.') || systemDirectories.has(name);

/** Most names: told without making three strings. */
const foldedAscii = /^[\0-@[-\x7f]*$/;

/** What two paths share when a file system that ignores case or spelling would take them for one. */
export const folded = (path: string): string =>
  foldedAscii.test(path) ? path : path.toUpperCase().toLowerCase().normalize('NFC');
