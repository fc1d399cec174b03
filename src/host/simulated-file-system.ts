/**
 * A file system in memory that may lose power. What is synced stays; what is not may be lost, torn or reordered: data by
 * sectors, with NUL bytes where the size came first, names each for itself. Inode numbers are re-used at once, descriptors
 * too. `crash` ends it and gives one of the states that the next start could find.
 */
import { Crash } from './faulty-file-system.ts';
import type { Clock, FileKind, FileStat, FileSystem, OpenMode } from './ports.ts';
import { Descriptors, Space } from './simulated-descriptors.ts';
import type { Descriptor } from './simulated-descriptors.ts';
import { assertOpens, assertReplaces, failure, findPlace } from './simulated-paths.ts';
import type { Place } from './simulated-paths.ts';
import { SimulatedTree, statOf } from './simulated-tree.ts';
import type { NameChange, Node } from './simulated-tree.ts';
import type { Chance } from './simulated-random.ts';

export interface SimulatedFileSystem extends FileSystem {
  /** Power goes. This object answers every later call with `Crash`; the new one holds what survived. */
  crash(chance: Chance): SimulatedFileSystem;
  /** The next syncs fail with EIO, and what they should have written is never written by a later one (fsyncgate). */
  failNextSyncs(times: number): void;
  /** What the port cannot make: a symlink, or a FIFO. */
  plant(path: string, kind: 'symlink' | 'other'): void;
}

export interface SimulatedOptions {
  readonly clock: Clock;
  readonly capacityBytes?: number;
  readonly device?: bigint;
}

export function simulatedFileSystem(options: SimulatedOptions): SimulatedFileSystem {
  return new Simulation(options, new SimulatedTree(options.clock.nowNs()));
}

class Simulation implements SimulatedFileSystem {
  readonly #options: SimulatedOptions;
  readonly #clock: Clock;
  readonly #tree: SimulatedTree;
  readonly #descriptors = new Descriptors();
  readonly #space: Space;
  #isDead = false;
  #syncsToFail = 0;

  constructor(options: SimulatedOptions, tree: SimulatedTree) {
    this.#options = options;
    this.#clock = options.clock;
    this.#tree = tree;
    this.#space = new Space(tree.root, options.capacityBytes ?? Number.MAX_SAFE_INTEGER);
  }

  crash(chance: Chance): SimulatedFileSystem {
    this.#isDead = true;
    return new Simulation(this.#options, this.#tree.afterCrash(chance));
  }

  failNextSyncs(times: number): void {
    this.#syncsToFail = times;
  }

  plant(path: string, kind: 'symlink' | 'other'): void {
    const place = this.#vacant(path, 'mknod');
    this.#rename([{ ...place, node: this.#newNode(kind, 0o777) }]);
  }

  lstat(path: string): FileStat | undefined {
    const place = this.#find(path, 'lstat', true);
    return place?.node && statOf(place.node, this.#device);
  }

  fstat(fd: number): FileStat {
    return statOf(this.#at(fd, 'fstat').node, this.#device);
  }

  readDirectory(path: string): ReturnType<FileSystem['readDirectory']> {
    const node = this.#existing(path, 'scandir');
    if (node.kind !== 'directory') throw failure('ENOTDIR', 'scandir', path);
    return Array.from(node.seen, ([name, child]) => ({ name, rawName: Buffer.from(name), kind: child.kind }));
  }

  open(path: string, mode: OpenMode, permissions = 0o666): number {
    const place = this.#place(path, 'open');
    const node = place.node ?? this.#create(place, mode, path, permissions);
    if (place.node) assertOpens(place.node, mode, path);
    return this.#descriptors.add(node, mode);
  }

  read(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
    const { node, mode } = this.#at(fd, 'read');
    if (mode !== 'read' && mode !== 'read-write') throw failure(mode === 'directory' ? 'EISDIR' : 'EBADF', 'read', '');
    if (node.kind === 'directory') throw failure('EISDIR', 'read', '');
    return node.content.read(buffer, offset, length, position);
  }

  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { node, mode } = this.#at(fd, 'write');
    if (mode === 'read' || mode === 'directory') throw failure('EBADF', 'write', '');
    const start = mode === 'append-or-create' ? node.content.size : position;
    const room = this.#space.roomFor(node, start);
    if (length > 0 && room <= 0) throw failure('ENOSPC', 'write', '');
    const taken = Math.min(length, room);
    this.#resizing(node, () => node.content.write(bytes.subarray(offset, offset + taken), start));
    return taken;
  }

  truncate(fd: number, size: number): void {
    const { node, mode } = this.#at(fd, 'ftruncate');
    if (mode === 'read' || mode === 'directory') throw failure('EINVAL', 'ftruncate', '');
    this.#resizing(node, () => node.content.resize(size));
  }

  close(fd: number): void {
    this.#alive();
    this.#release(this.#descriptors.remove(fd));
  }

  fsync(fd: number): Promise<void> {
    return this.#syncLater(this.#at(fd, 'fsync').node);
  }

  fdatasync(fd: number): Promise<void> {
    return this.#syncLater(this.#at(fd, 'fdatasync').node);
  }

  fsyncSync(fd: number): void {
    const { node } = this.#at(fd, 'fsync');
    this.#sync(node, node.content.mark, this.#tree.mark);
  }

  makeDirectory(path: string, mode = 0o777): void {
    const place = this.#vacant(path, 'mkdir');
    this.#rename([{ ...place, node: this.#newNode('directory', mode) }]);
  }

  removeDirectory(path: string): void {
    const { directory, name, node } = this.#place(path, 'rmdir');
    if (!node) throw failure('ENOENT', 'rmdir', path);
    if (node.kind !== 'directory') throw failure('ENOTDIR', 'rmdir', path);
    if (node.seen.size > 0) throw failure('ENOTEMPTY', 'rmdir', path);
    this.#rename([{ directory, name, node: null }]);
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, 'rename');
    const target = this.#place(to, 'rename');
    if (!source.node) throw failure('ENOENT', 'rename', from);
    if (source.node === target.node) return;
    assertReplaces(source.node, target, to);
    this.#rename([
      { ...target, node: source.node },
      { ...source, node: null },
    ]);
  }

  link(existing: string, path: string): void {
    const node = this.#existing(existing, 'link');
    if (node.kind === 'directory') throw failure('EPERM', 'link', existing);
    this.#rename([{ ...this.#vacant(path, 'link'), node }]);
  }

  unlink(path: string): void {
    const { directory, name, node } = this.#place(path, 'unlink');
    if (!node) throw failure('ENOENT', 'unlink', path);
    if (node.kind === 'directory') throw failure('EISDIR', 'unlink', path);
    this.#rename([{ directory, name, node: null }]);
  }

  chmod(fd: number, mode: number): void {
    Object.assign(this.#at(fd, 'fchmod').node, { mode, ctimeNs: this.#clock.nowNs() });
  }

  chown(fd: number, uid: number, gid: number): void {
    Object.assign(this.#at(fd, 'fchown').node, { uid, gid, ctimeNs: this.#clock.nowNs() });
  }

  setTimes(path: string, _atimeMs: number, mtimeMs: number): void {
    const mtimeNs = BigInt(Math.round(mtimeMs * 1000)) * 1000n;
    Object.assign(this.#existing(path, 'utime'), { mtimeNs, ctimeNs: this.#clock.nowNs() });
  }

  exchange(a: string, b: string): void {
    const first = this.#place(a, 'renameat2');
    const second = this.#place(b, 'renameat2');
    if (!first.node || !second.node) throw failure('ENOENT', 'renameat2', first.node ? b : a);
    this.#rename([
      { ...first, node: second.node },
      { ...second, node: first.node },
    ]);
  }

  renameNoReplace(from: string, to: string): void {
    if (this.#place(to, 'renameat2').node) throw failure('EEXIST', 'renameat2', to);
    this.rename(from, to);
  }

  copyAttributes(fromPath: string, toPath: string): void {
    this.#existing(fromPath, 'getxattr');
    this.#existing(toPath, 'setxattr');
  }

  space(): { freeBytes: number; totalBytes: number } {
    const { freeBytes, totalBytes } = this.#space;
    return { freeBytes, totalBytes };
  }

  #create(place: Place, mode: OpenMode, path: string, permissions: number): Node {
    if (mode !== 'create-new' && mode !== 'append-or-create') throw failure('ENOENT', 'open', path);
    const node = this.#newNode('file', permissions);
    this.#rename([{ directory: place.directory, name: place.name, node }]);
    return node;
  }

  #newNode(kind: FileKind, mode: number): Node {
    return this.#tree.node({ kind, mode: mode & ~0o022 & 0o7777, nowNs: this.#clock.nowNs() });
  }

  #rename(changes: readonly NameChange[]): void {
    const before = changes.map((change) => change.directory.seen.get(change.name));
    this.#tree.change(this.#clock.nowNs(), changes);
    for (const node of before) if (node) this.#release(node);
  }

  #release(node: Node): void {
    if (node.names > 0 || node.descriptors > 0) return;
    this.#space.release(node);
    this.#tree.release(node);
  }

  #resizing(node: Node, run: () => void): void {
    this.#space.changing(node, run);
    node.mtimeNs = node.ctimeNs = this.#clock.nowNs();
  }

  get #device(): bigint {
    return this.#options.device ?? 1n;
  }

  #alive(): void {
    if (this.#isDead) throw new Crash();
  }

  /** What was done before the call is synced when the promise settles; a power cut in between decides by itself. */
  async #syncLater(node: Node): Promise<void> {
    const content = node.content.mark;
    const names = this.#tree.mark;
    await this.#clock.yieldTurn();
    this.#alive();
    this.#sync(node, content, names);
  }

  #sync(node: Node, contentMark: number, nameMark: number): void {
    if (this.#syncsToFail > 0) {
      this.#syncsToFail -= 1;
      node.content.failSync(contentMark);
      throw failure('EIO', 'fsync', '');
    }
    if (node.kind === 'directory') this.#tree.sync(node, nameMark);
    else node.content.sync(contentMark);
  }

  #at(fd: number, call: string): Descriptor {
    this.#alive();
    return this.#descriptors.at(fd, call);
  }

  #existing(path: string, call: string): Node {
    const { node } = this.#place(path, call);
    if (!node) throw failure('ENOENT', call, path);
    return node;
  }

  #vacant(path: string, call: string): { directory: Node; name: string } {
    const { directory, name, node } = this.#place(path, call);
    if (node) throw failure('EEXIST', call, path);
    return { directory, name };
  }

  #place(path: string, call: string): Place {
    const place = this.#find(path, call, false);
    if (!place) throw failure('ENOENT', call, path);
    return place;
  }

  /** Undefined, when that is allowed, where a directory on the way is missing or none. */
  #find(path: string, call: string, mayMiss: boolean): Place | undefined {
    this.#alive();
    return findPlace(this.#tree.root, path, call, mayMiss);
  }
}
