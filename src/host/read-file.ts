import type { FileSystem } from './ports.ts';

/** All bytes of a regular file that is ours (temp files, keys): no symlink is followed. Throws the kernel's error. */
export function readFile(fs: FileSystem, path: string): Uint8Array {
  const fd = fs.open(path, 'read');
  try {
    const bytes = Buffer.alloc(fs.fstat(fd).size);
    let length = 0;
    while (length < bytes.length) {
      const count = fs.read(fd, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    fs.close(fd);
  }
}
