/** How the simulated file system finds names, and what the kernel says where a call does not fit what is there. */
import type { OpenMode } from './ports.ts';
import type { Node } from './simulated-tree.ts';

/** A name in a directory that exists, and what it names now. */
export interface Place {
  readonly directory: Node;
  readonly name: string;
  readonly node: Node | undefined;
}

const LONGEST_NAME_BYTES = 255;

export const failure = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });

/** Undefined, when that is allowed, where a directory on the way is missing or none. */
export function findPlace(root: Node, path: string, call: string, mayMiss: boolean): Place | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME_BYTES)) throw failure('ENAMETOOLONG', call, path);
  const name = names.pop();
  let directory = root;
  for (const step of names) {
    const next = directory.seen.get(step);
    if (next?.kind !== 'directory') {
      if (mayMiss) return undefined;
      throw failure(next ? 'ENOTDIR' : 'ENOENT', call, path);
    }
    directory = next;
  }
  if (name === undefined) return { directory, name: '.', node: directory };
  return { directory, name, node: directory.seen.get(name) };
}

export function assertOpens(node: Node, mode: OpenMode, path: string): void {
  if (mode === 'create-new') throw failure('EEXIST', 'open', path);
  if (node.kind === 'symlink') throw failure(mode === 'directory' ? 'ENOTDIR' : 'ELOOP', 'open', path);
  if (mode === 'directory' && node.kind !== 'directory') throw failure('ENOTDIR', 'open', path);
  const writes = mode === 'append-or-create' || mode === 'read-write';
  if (writes && node.kind === 'directory') throw failure('EISDIR', 'open', path);
}

export function assertReplaces(node: Node, target: Place, path: string): void {
  for (const below of directoriesBelow(node)) if (below === target.directory) throw failure('EINVAL', 'rename', path);
  if (!target.node) return;
  const targetIsDirectory = target.node.kind === 'directory';
  if (node.kind === 'directory' && !targetIsDirectory) throw failure('ENOTDIR', 'rename', path);
  if (node.kind !== 'directory' && targetIsDirectory) throw failure('EISDIR', 'rename', path);
  if (target.node.seen.size > 0) throw failure('ENOTEMPTY', 'rename', path);
}

/** The node itself and every directory in it; nothing for a file. */
export function* directoriesBelow(node: Node): Generator<Node> {
  if (node.kind !== 'directory') return;
  yield node;
  for (const child of node.seen.values()) yield* directoriesBelow(child);
}
