/** The file, folder or standard input that a user names, as a source of records. */
import { createReadStream, statSync, type Stats } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LarderError } from '../core/errors.ts';
import type { ImportSource, SourceFile } from '../maintain/import-types.ts';
import type { Io } from './io.ts';

export function openSource(named: string, { workingDirectory }: Io): ImportSource {
  if (named === '-') return { kind: 'stream', name: '(standard input)', totalBytes: null, chunks: () => process.stdin };
  const path = resolve(workingDirectory, named);
  const stat = statOf(path, named);
  const name = named.replace(/(?<=.)\/+$/, '');
  if (stat.isDirectory()) return { kind: 'folder', name, files: () => filesBelow(path, '') };
  return {
    kind: 'stream',
    name,
    totalBytes: stat.isFile() ? stat.size : null,
    chunks: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
  };
}

function statOf(path: string, named: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new LarderError(
      'not_found',
      `${named} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Regular files in the order of their names. Symbolic links are not followed: they might lead in circles. */
async function* filesBelow(root: string, path: string): AsyncGenerator<SourceFile> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isFile()) yield { path: below, read: () => readFile(join(root, below)) };
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* filesBelow(root, below);
  }
}
