/** What a crash left in `.larder/tmp` of a write whose bytes no log keeps: they were synced there before its frame (staging.ts). */
import { digestOf, type Digest } from '../core/digest.ts';
import { tempDigits } from '../files/temp.ts';
import { readFile } from '../host/read-file.ts';
import type { World } from './world.ts';

export function bytesInTemp({ fs, tmp }: Pick<World, 'fs' | 'tmp'>, digest: Digest): Uint8Array | null {
  for (const { name, kind } of fs.readDirectory(tmp)) {
    if (name === null || kind !== 'file' || !name.startsWith(tempDigits(digest))) continue;
    const bytes = readFile(fs, `${tmp}/${name}`);
    if (digestOf(bytes) === digest) return bytes;
  }
  return null;
}
