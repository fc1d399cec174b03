import { watch } from 'node:fs';

export interface DirectoryWatch {
  close(): void;
}

interface Listeners {
  /** Something happened to this name; null where the kernel gives none, or one that is not UTF-8. */
  readonly onName: (name: string | null) => void;
  readonly onError: (error: unknown) => void;
}

/** Watches one directory, not what lies below. Throws the kernel's error (ENOSPC: the limit of watches). */
export function watchDirectory(path: string, { onName, onError }: Listeners): DirectoryWatch {
  const watcher = watch(path, { encoding: 'buffer', persistent: false }, (_type, name) => {
    onName(name === null ? null : textOf(name));
  });
  return watcher.on('error', onError);
}

function textOf(raw: Buffer): string | null {
  const text = raw.toString('utf8');
  return Buffer.from(text, 'utf8').equals(raw) ? text : null;
}
