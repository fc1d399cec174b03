/** A folder of JSON files: each is a document, its path below the folder is its id. */
import { isIgnoredName } from '../core/names.ts';
import { broken } from './import-bytes.ts';
import type { RawRecord, SourceFile } from './import-types.ts';

const ENDING = '.json';

/** `onIgnored` is called for each file whose name is no document's. */
export async function* readFolder(
  files: AsyncIterable<SourceFile>,
  folder: string,
  onIgnored: () => void,
): AsyncGenerator<RawRecord[]> {
  for await (const file of files) {
    if (isDocument(file.path)) yield [await readOne(folder, file)];
    else onIgnored();
  }
}

/** `_schema.json` and its like belong to the folder, not into it. */
const isDocument = (path: string): boolean =>
  path.endsWith(ENDING) && path.split('/').every((name) => !name.startsWith('_') && !isIgnoredName(name));

async function readOne(folder: string, { path, read }: SourceFile): Promise<RawRecord> {
  try {
    return {
      kind: 'bytes',
      where: `${folder}/${path}`,
      line: 1,
      key: path.slice(0, -ENDING.length),
      bytes: await read(),
    };
  } catch (error) {
    return broken(`${folder}/${path}`, 'unreadable', error instanceof Error ? error.message : String(error));
  }
}
