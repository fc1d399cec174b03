/** A person or script that saves files without asking: into the file, or over it by a rename, on documents that clients write too. */
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from '../../src/core/digest.ts';
import { between, pause } from './harness.ts';

export interface Editor {
  readonly number: number;
  readonly random: () => number;
  /** Never into a file, which somebody who reads meanwhile sees half. */
  readonly onlyByRename: boolean;
  count: number;
  /** The last save of each name. A name is saved again only once the one before was told. */
  readonly saved: Map<string, string>;
  total: number;
}

const OWN = 40;
const SHARED = 10;
const BETWEEN_MS = 15;

export async function edit(
  editor: Editor,
  root: string,
  isWanted: () => boolean,
  isTold: (name: string, digest: string) => boolean,
): Promise<void> {
  while (isWanted()) {
    const { name, isShared } = nameFor(editor);
    const before = editor.saved.get(name);
    if (before === undefined || isTold(name, before)) {
      const text = `{ "editor": ${editor.number}, "save": ${editor.count++}, "text": "${'by hand '.repeat(40)}" }\n`;
      // A save into a file that an API write replaces meanwhile is the bursts' subject.
      saveFile(join(root, `${name}.json`), text, isShared || editor.onlyByRename || editor.random() < 0.5);
      editor.saved.set(name, digestOf(Buffer.from(text)));
      editor.total += 1;
    }
    await pause(BETWEEN_MS);
  }
}

/** Shared documents are divided among the editors, so that none saves over another's. */
function nameFor({ number, random }: Editor): { name: string; isShared: boolean } {
  if (random() < 0.8) return { name: `lod/e${number}/d${between(random, 0, OWN - 1)}`, isShared: false };
  return { name: `lod/shared/s${number * SHARED + between(random, 0, SHARED - 1)}`, isShared: true };
}

export function saveFile(path: string, text: string, byRename: boolean): void {
  mkdirSync(dirname(path), { recursive: true });
  if (byRename) {
    writeFileSync(`${path}.tmp`, text);
    return renameSync(`${path}.tmp`, path);
  }
  const fd = openSync(path, 'w');
  writeSync(fd, text);
  closeSync(fd);
}
