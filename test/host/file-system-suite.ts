/** What every FileSystem must do alike: the real one, and the simulated one that stands for it. */
import { join } from 'node:path/posix';
import { expect, test } from 'vitest';
import type { FileSystem } from '../../src/host/ports.ts';

export interface FileSystemWorld extends AsyncDisposable {
  readonly fs: FileSystem;
  /** An empty directory. */
  readonly root: string;
}

const text = (fs: FileSystem, path: string): string => {
  const fd = fs.open(path, 'read');
  const bytes = Buffer.alloc(fs.fstat(fd).size);
  fs.read(fd, bytes, 0, bytes.length, 0);
  fs.close(fd);
  return bytes.toString('utf8');
};

const put = (fs: FileSystem, path: string, content: string): void => {
  const fd = fs.open(path, 'create-new');
  const bytes = Buffer.from(content);
  fs.write(fd, bytes, 0, bytes.length, 0);
  fs.close(fd);
};

const names = (fs: FileSystem, path: string): string[] =>
  fs
    .readDirectory(path)
    .map((entry) => entry.name ?? '')
    .toSorted((a, b) => (a < b ? -1 : 1));

export function testFileSystem(openWorld: () => Promise<FileSystemWorld>): void {
  const scenario = (
    name: string,
    run: (fs: FileSystem, at: (name: string) => string) => void | Promise<void>,
  ): void => {
    test(name, async () => {
      await using world = await openWorld();
      await run(world.fs, (name) => join(world.root, name));
    });
  };
  const failsWith = (code: string, run: () => unknown): void => {
    expect(run).toThrow(expect.objectContaining({ code }));
  };

  scenario('nothing is said of what is not there', (fs, at) => {
    put(fs, at('file'), 'x');
    expect(fs.lstat(at('missing'))).toBeUndefined();
    expect(fs.lstat(at('missing/below'))).toBeUndefined();
    expect(fs.lstat(at('file/below'))).toBeUndefined();
  });

  scenario('bytes are read back where they were written', (fs, at) => {
    const fd = fs.open(at('file'), 'create-new', 0o640);
    expect(fs.write(fd, Buffer.from('--hello--'), 2, 5, 3)).toBe(5);
    expect(fs.fstat(fd)).toMatchObject({ kind: 'file', size: 8, nlink: 1, mode: 0o640 });
    fs.close(fd);
    expect(text(fs, at('file'))).toBe('\0\0\0hello');
  });

  scenario('a read ends at the end of the file', (fs, at) => {
    put(fs, at('file'), 'abc');
    const fd = fs.open(at('file'), 'read');
    const buffer = Buffer.alloc(10, '.');
    expect(fs.read(fd, buffer, 1, 9, 1)).toBe(2);
    expect(buffer.toString()).toBe('.bc.......');
    expect(fs.read(fd, buffer, 0, 10, 3)).toBe(0);
    fs.close(fd);
  });

  scenario('appending goes to the end whatever the position', (fs, at) => {
    put(fs, at('file'), 'abc');
    const fd = fs.open(at('file'), 'append-or-create');
    fs.write(fd, Buffer.from('def'), 0, 3, 0);
    fs.close(fd);
    expect(text(fs, at('file'))).toBe('abcdef');
  });

  scenario('a file is cut and grown with zeros', (fs, at) => {
    put(fs, at('file'), 'abcdef');
    const fd = fs.open(at('file'), 'read-write');
    fs.truncate(fd, 2);
    fs.truncate(fd, 4);
    fs.close(fd);
    expect(text(fs, at('file'))).toBe('ab\0\0');
  });

  scenario('open modes refuse what they are not for', (fs, at) => {
    put(fs, at('file'), 'x');
    fs.makeDirectory(at('directory'));
    failsWith('EEXIST', () => fs.open(at('file'), 'create-new'));
    failsWith('ENOENT', () => fs.open(at('missing'), 'read'));
    failsWith('ENOENT', () => fs.open(at('missing'), 'read-write'));
    failsWith('ENOENT', () => fs.open(at('missing/file'), 'create-new'));
    failsWith('ENOTDIR', () => fs.open(at('file/below'), 'create-new'));
    failsWith('ENOTDIR', () => fs.open(at('file'), 'directory'));
    failsWith('EISDIR', () => fs.open(at('directory'), 'read-write'));
    const fd = fs.open(at('file'), 'read');
    failsWith('EBADF', () => fs.write(fd, Buffer.from('y'), 0, 1, 0));
    fs.close(fd);
    failsWith('EBADF', () => fs.fstat(fd));
  });

  scenario('directories are made one at a time and listed', (fs, at) => {
    fs.makeDirectory(at('a'), 0o750);
    fs.makeDirectory(at('a/b'));
    put(fs, at('a/ünï'), '');
    expect(fs.lstat(at('a'))).toMatchObject({ kind: 'directory', mode: 0o750, nlink: 3 });
    expect(names(fs, at('a'))).toStrictEqual(['b', 'ünï']);
    failsWith('ENOENT', () => fs.makeDirectory(at('x/y')));
    failsWith('EEXIST', () => fs.makeDirectory(at('a')));
    failsWith('ENOTDIR', () => fs.readDirectory(at('a/ünï')));
    failsWith('ENOENT', () => fs.readDirectory(at('missing')));
  });

  scenario('directories are removed when they are empty', (fs, at) => {
    fs.makeDirectory(at('a'));
    put(fs, at('a/file'), '');
    failsWith('ENOTEMPTY', () => fs.removeDirectory(at('a')));
    failsWith('ENOTDIR', () => fs.removeDirectory(at('a/file')));
    fs.unlink(at('a/file'));
    fs.removeDirectory(at('a'));
    failsWith('ENOENT', () => fs.removeDirectory(at('a')));
  });

  scenario('a rename replaces, keeps the inode, and moves its change time', (fs, at) => {
    put(fs, at('old'), 'old');
    put(fs, at('new'), 'new');
    const inode = fs.lstat(at('new'))?.ino;
    fs.rename(at('new'), at('old'));
    expect(text(fs, at('old'))).toBe('new');
    expect(fs.lstat(at('old'))?.ino).toBe(inode);
    expect(fs.lstat(at('new'))).toBeUndefined();
    failsWith('ENOENT', () => fs.rename(at('missing'), at('old')));
  });

  scenario('a rename does not mix files and directories', (fs, at) => {
    put(fs, at('file'), '');
    fs.makeDirectory(at('empty'));
    fs.makeDirectory(at('full'));
    fs.makeDirectory(at('full/below'));
    failsWith('EISDIR', () => fs.rename(at('file'), at('empty')));
    failsWith('ENOTDIR', () => fs.rename(at('empty'), at('file')));
    failsWith('ENOTEMPTY', () => fs.rename(at('empty'), at('full')));
    failsWith('EINVAL', () => fs.rename(at('full'), at('full/below/x')));
    fs.rename(at('full'), at('empty'));
    expect(names(fs, at('empty'))).toStrictEqual(['below']);
  });

  scenario('a rename that must not replace does not', (fs, at) => {
    put(fs, at('a'), 'a');
    put(fs, at('b'), 'b');
    failsWith('EEXIST', () => fs.renameNoReplace(at('a'), at('b')));
    fs.renameNoReplace(at('a'), at('c'));
    expect([text(fs, at('b')), text(fs, at('c'))]).toStrictEqual(['b', 'a']);
  });

  scenario('two names are exchanged', (fs, at) => {
    put(fs, at('a'), 'a');
    put(fs, at('b'), 'b');
    fs.exchange(at('a'), at('b'));
    expect([text(fs, at('a')), text(fs, at('b'))]).toStrictEqual(['b', 'a']);
    failsWith('ENOENT', () => fs.exchange(at('a'), at('missing')));
  });

  scenario('a link is a second name of the same file', (fs, at) => {
    put(fs, at('a'), 'a');
    fs.link(at('a'), at('b'));
    expect(fs.lstat(at('a'))).toMatchObject({ nlink: 2, ino: fs.lstat(at('b'))?.ino });
    failsWith('EEXIST', () => fs.link(at('a'), at('b')));
    fs.unlink(at('a'));
    expect(text(fs, at('b'))).toBe('a');
    failsWith('EISDIR', () => fs.unlink(at('.')));
  });

  scenario('an open file outlives its name', (fs, at) => {
    put(fs, at('a'), 'abc');
    const fd = fs.open(at('a'), 'read');
    fs.unlink(at('a'));
    put(fs, at('a'), 'other');
    const buffer = Buffer.alloc(3);
    fs.read(fd, buffer, 0, 3, 0);
    expect(buffer.toString()).toBe('abc');
    expect(fs.fstat(fd).nlink).toBe(0);
    fs.close(fd);
  });

  scenario('modes and times are what they are set to', (fs, at) => {
    put(fs, at('a'), 'a');
    const fd = fs.open(at('a'), 'read-write');
    fs.chmod(fd, 0o604);
    fs.close(fd);
    fs.setTimes(at('a'), 1_000, 1_700_000_000_500);
    expect(fs.lstat(at('a'))).toMatchObject({ mode: 0o604, mtimeNs: 1_700_000_000_500_000_000n });
  });

  scenario('syncing a file and a directory succeeds', async (fs, at) => {
    put(fs, at('a'), 'a');
    const [file, directory] = [fs.open(at('a'), 'read-write'), fs.open(at('.'), 'directory')];
    await fs.fdatasync(file);
    await fs.fsync(file);
    await fs.fsync(directory);
    fs.fsyncSync(file);
    fs.close(file);
    fs.close(directory);
  });

  scenario('free space is told', (fs, at) => {
    const { freeBytes, totalBytes } = fs.space(at('.'));
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  });

  scenario('a name longer than the kernel takes is refused', (fs, at) => {
    failsWith('ENAMETOOLONG', () => fs.open(at('x'.repeat(256)), 'create-new'));
  });
}
