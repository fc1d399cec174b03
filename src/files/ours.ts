/** Which listed names are looked at. */
import type { PathMeaning } from '../core/refs.ts';
import type { ListedName } from './types.ts';

/** Files that mean something, symlinks inside a collection, and directories that pretend to be documents. */
export function isOurs(meaning: PathMeaning, { kind }: Pick<ListedName, 'kind'>): boolean {
  if (kind === 'directory') return meaning.kind === 'document' || meaning.kind === 'stream';
  if (meaning.kind !== 'ignored') return true;
  return meaning.why === 'other' && kind === 'symlink';
}

export const join = (directory: string, name: string): string => (directory === '' ? name : `${directory}/${name}`);
