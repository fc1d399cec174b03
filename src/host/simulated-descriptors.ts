/** Open files of a simulated process, and the space that files take. */
import type { OpenMode } from './ports.ts';
import { directoriesBelow, failure } from './simulated-paths.ts';
import type { Node } from './simulated-tree.ts';

export interface Descriptor {
  readonly node: Node;
  readonly mode: OpenMode;
}

/** Numbers below are the standard streams. */
const FIRST_FD = 3;
const PAGE_BYTES = 4096;

/** A number is free again at once, and the lowest free one is taken. */
export class Descriptors {
  readonly #open: (Descriptor | undefined)[] = Array.from({ length: FIRST_FD }, () => undefined);

  add(node: Node, mode: OpenMode): number {
    const free = this.#open.indexOf(undefined, FIRST_FD);
    const fd = free === -1 ? this.#open.length : free;
    node.descriptors += 1;
    this.#open[fd] = { node, mode };
    return fd;
  }

  at(fd: number, call: string): Descriptor {
    const descriptor = this.#open[fd];
    if (!descriptor) throw failure('EBADF', call, String(fd));
    return descriptor;
  }

  remove(fd: number): Node {
    const { node } = this.at(fd, 'close');
    this.#open[fd] = undefined;
    node.descriptors -= 1;
    return node;
  }
}

const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/** Counts pages of files that have a name or are open. */
export class Space {
  readonly totalBytes: number;
  #usedBytes: number;

  constructor(root: Node, totalBytes: number) {
    this.totalBytes = totalBytes;
    this.#usedBytes = usedBelow(root);
  }

  get freeBytes(): number {
    return Math.max(0, this.totalBytes - this.#usedBytes);
  }

  /** How many bytes a write may take that starts here. */
  roomFor(node: Node, start: number): number {
    return pages(node.content.size) + this.freeBytes - start;
  }

  changing(node: Node, run: () => void): void {
    const before = pages(node.content.size);
    run();
    this.#usedBytes += pages(node.content.size) - before;
  }

  release(node: Node): void {
    this.#usedBytes -= pages(node.content.size);
  }
}

function usedBelow(root: Node): number {
  const seen = new Set<Node>();
  for (const directory of directoriesBelow(root)) for (const child of directory.seen.values()) seen.add(child);
  return [...seen].reduce((sum, node) => sum + pages(node.content.size), 0);
}
