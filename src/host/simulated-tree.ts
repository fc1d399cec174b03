/**
 * The names of a simulated file system: the tree as the process sees it, the tree that the disk is known to hold, and the
 * changes between them. A power cut keeps any choice of these changes in which none is kept without those that it builds
 * on: the same name, or an inode number that had to become free first.
 */
import { SimulatedContent } from './simulated-content.ts';
import type { FileKind, FileStat } from './ports.ts';
import type { Chance } from './simulated-random.ts';

export interface Node {
  readonly kind: FileKind;
  readonly ino: bigint;
  readonly content: SimulatedContent;
  readonly seen: Map<string, Node>;
  readonly durable: Map<string, Node>;
  readonly birthtimeNs: bigint;
  mode: number;
  uid: number;
  gid: number;
  names: number;
  descriptors: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

/** Sets a name in a directory, or takes it away. */
export interface NameChange {
  readonly directory: Node;
  readonly name: string;
  readonly node: Node | null;
}

interface Transaction {
  readonly id: number;
  readonly changes: readonly NameChange[];
  readonly dependsOn: ReadonlySet<string>;
}

export interface NodeOptions {
  readonly kind: FileKind;
  readonly mode: number;
  readonly nowNs: bigint;
  readonly content?: SimulatedContent;
  readonly ino?: bigint;
}

const ROOT_INO = 2n;
const FIRST_INO = 11n;

export class SimulatedTree {
  readonly root: Node;
  #pending: Transaction[] = [];
  #lastId = 0;
  #nextIno = FIRST_INO;
  readonly #freeInos: bigint[] = [];

  constructor(nowNs: bigint, root?: Node) {
    this.root = root ?? this.node({ kind: 'directory', mode: 0o755, nowNs, ino: ROOT_INO });
    this.root.names = 1;
  }

  get mark(): number {
    return this.#lastId;
  }

  /** A node without a name. The number that became free last is taken first, as ext4 does. */
  node(options: NodeOptions): Node {
    const { kind, mode, nowNs } = options;
    const ino = options.ino ?? this.#freeInos.pop() ?? this.#nextIno++;
    if (ino >= this.#nextIno) this.#nextIno = ino + 1n;
    const content = options.content ?? new SimulatedContent();
    const times = { birthtimeNs: nowNs, mtimeNs: nowNs, ctimeNs: nowNs };
    return {
      kind,
      ino,
      content,
      seen: new Map(),
      durable: new Map(),
      mode,
      uid: 0,
      gid: 0,
      names: 0,
      descriptors: 0,
      ...times,
    };
  }

  /** Makes changes that happen together or not at all. */
  change(nowNs: bigint, changes: readonly NameChange[]): void {
    const keys = new Set<string>();
    for (const change of changes) {
      const replaced = change.directory.seen.get(change.name);
      keys.add(`${change.directory.ino}/${change.name}`);
      for (const node of [replaced, change.node]) if (node) keys.add(`ino ${node.ino}`);
      setName(change.directory.seen, change);
      for (const node of [change.directory, change.node, replaced]) if (node) node.ctimeNs = nowNs;
      change.directory.mtimeNs = nowNs;
      if (change.node) change.node.names += 1;
      if (replaced) replaced.names -= 1;
    }
    this.#pending.push({ id: (this.#lastId += 1), changes, dependsOn: keys });
  }

  /** Lets go of a node that has neither a name nor an open descriptor. */
  release(node: Node): void {
    if (node.names === 0 && node.descriptors === 0) this.#freeInos.push(node.ino);
  }

  /** Every change to this directory up to the mark is on the disk now, and with it what these changes build on. */
  sync(directory: Node, mark: number): void {
    const needed = new Set<string>();
    const done = new Set<Transaction>();
    for (const transaction of this.#pending.toReversed()) {
      const isOurs = transaction.id <= mark && transaction.changes.some((change) => change.directory === directory);
      if (!isOurs && !overlap(needed, transaction.dependsOn)) continue;
      done.add(transaction);
      for (const key of transaction.dependsOn) needed.add(key);
    }
    this.#commit((transaction) => done.has(transaction));
  }

  /** What a power cut leaves, as a tree of its own. */
  afterCrash(chance: Chance): SimulatedTree {
    const lost = new Set<string>();
    const likelihood = [0, 0.5, 0.9, 1][Math.floor(chance() * 4)] ?? 0;
    this.#commit((transaction) => {
      const survives = chance() < likelihood && !overlap(lost, transaction.dependsOn);
      if (!survives) for (const key of transaction.dependsOn) lost.add(key);
      return survives;
    });
    return copyDurable(this.root, chance);
  }

  #commit(isDone: (transaction: Transaction) => boolean): void {
    this.#pending = this.#pending.filter((transaction) => {
      if (!isDone(transaction)) return true;
      for (const change of transaction.changes) setName(change.directory.durable, change);
      return false;
    });
  }
}

const DIRECTORY_BYTES = 4096;

export function statOf(node: Node, dev: bigint): FileStat {
  const { kind, mode, uid, gid, ino, mtimeNs, ctimeNs, birthtimeNs } = node;
  const isDirectory = kind === 'directory';
  const subdirectories = [...node.seen.values()].filter((child) => child.kind === 'directory').length;
  const nlink = isDirectory ? 2 + subdirectories : node.names;
  const size = isDirectory ? DIRECTORY_BYTES : node.content.size;
  return { kind, size, mode, uid, gid, nlink, dev, ino, mtimeNs, ctimeNs, birthtimeNs };
}

function overlap(keys: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const key of others) if (keys.has(key)) return true;
  return false;
}

function setName(names: Map<string, Node>, change: NameChange): void {
  if (change.node) names.set(change.name, change.node);
  else names.delete(change.name);
}

function copyDurable(root: Node, chance: Chance): SimulatedTree {
  const copies = new Map<Node, Node>();
  const tree = new SimulatedTree(root.birthtimeNs, { ...root, seen: new Map(), durable: new Map() });
  const fill = (from: Node, to: Node): void => {
    for (const [name, child] of from.durable) {
      const copy = copies.get(child) ?? copyNode(tree, child, chance);
      copy.names += 1;
      to.seen.set(name, copy);
      to.durable.set(name, copy);
      if (!copies.has(child) && child.kind === 'directory') fill(child, copy);
      copies.set(child, copy);
    }
  };
  fill(root, tree.root);
  return tree;
}

function copyNode(tree: SimulatedTree, node: Node, chance: Chance): Node {
  const content = new SimulatedContent(node.content.afterCrash(chance));
  const copy = tree.node({ kind: node.kind, mode: node.mode, nowNs: node.birthtimeNs, content, ino: node.ino });
  return Object.assign(copy, { uid: node.uid, gid: node.gid, mtimeNs: node.mtimeNs, ctimeNs: node.ctimeNs });
}
