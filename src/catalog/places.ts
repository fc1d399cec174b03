/** Where a path belongs, by its name alone. */
import { isServableDirectory } from '../core/names.ts';
import { classify, type PathMeaning } from '../core/refs.ts';
import type { PathKind } from './types.ts';

export interface Place {
  readonly kind: PathKind;
  /** Collection, or else namespace, in whose lists and feeds the path shows; null where it lies in none. */
  readonly scope: string | null;
  /** Id within the scope; '' where the path is no document, stream or file. */
  readonly id: string;
}

export function placeOf(path: string): Place {
  const meaning = classify(path);
  if (!('collection' in meaning)) return { kind: 'none', scope: scopeOfStray(path), id: '' };
  return { kind: kindOf(meaning), scope: meaning.collection, id: 'id' in meaning ? meaning.id : '' };
}

const kindOf = ({ kind }: Extract<PathMeaning, { collection: string }>): PathKind =>
  kind === 'files-schema' ? 'schema' : kind;

/** What is not served still has a collection to be listed in: that of the nearest directories which can be one. */
function scopeOfStray(path: string): string | null {
  const [namespace, collection] = path.split('/');
  const isScope = (name: string | undefined): name is string =>
    name !== undefined && isServableDirectory(name) === null;
  if (!isScope(namespace)) return null;
  return isScope(collection) ? `${namespace}/${collection}` : namespace;
}

export interface SplitPath {
  readonly directory: string;
  readonly name: string;
}

export function splitPath(path: string): SplitPath {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? { directory: '', name: path } : { directory: path.slice(0, slash), name: path.slice(slash + 1) };
}
