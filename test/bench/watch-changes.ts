/** Changes files of a tree, as somebody else does: `node watch-changes.ts WHAT ROOT COUNT`. Prints the paths it touched. */
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const [what = '', root = '', counted = ''] = process.argv.slice(2);
const count = Number(counted);
const namespace = 'bench';
const collections = readdirSync(join(root, namespace)).map((name) => `${namespace}/${name}`);

/** Files in turn over all collections, so that a burst is everywhere. */
function somePaths(): string[] {
  const names = collections.map((collection) =>
    readdirSync(join(root, collection)).map((name) => `${collection}/${name}`),
  );
  const paths: string[] = [];
  for (let at = 0; paths.length < count; at++) {
    const round = names.flatMap((list) => list[at] ?? []);
    if (round.length === 0) break;
    paths.push(...round);
  }
  return paths.slice(0, count);
}

const each = (change: (path: string) => readonly string[]): string[] => somePaths().flatMap(change);

const someCollections = (): string[] => collections.slice(0, count);

const changes: Readonly<Record<string, () => string[]>> = {
  'in place': () =>
    each((path) => {
      appendFileSync(join(root, path), '\n');
      return [path];
    }),
  renames: () =>
    each((path) => {
      renameSync(join(root, path), join(root, `${path}.moved.json`));
      return [path, `${path}.moved.json`];
    }),
  'same size, mtime restored': () =>
    each((path) => {
      const { atime, mtime } = lstatSync(join(root, path));
      const bytes = readFileSync(join(root, path));
      writeFileSync(join(root, path), bytes.fill(0x20, bytes.length - 1));
      utimesSync(join(root, path), atime, mtime);
      return [path];
    }),
  'nested new directories': () =>
    Array.from({ length: count }, (_, index) => {
      const path = `new/n${index}/a/b/c/d${index}.json`;
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), '{}');
      return path;
    }),
  'renamed directories': () =>
    someCollections().flatMap((collection) => {
      renameSync(join(root, collection), join(root, `${collection}-moved`));
      writeFileSync(join(root, `${collection}-moved`, 'after.json'), '{}');
      return [collection, `${collection}-moved/after.json`];
    }),
  'directories removed and made again': () =>
    someCollections().flatMap((collection) => {
      rmSync(join(root, collection), { recursive: true });
      mkdirSync(join(root, collection));
      writeFileSync(join(root, collection, 'again.json'), '{}');
      return [`${collection}/again.json`];
    }),
};

const change = changes[what];
if (change === undefined) throw new Error(`unknown change ${what}`);
process.stdout.write(change().join('\n'));
