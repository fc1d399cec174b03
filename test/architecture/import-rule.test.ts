/** Cycles are the linter's business (import/no-cycle); this is what it cannot know. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { judgeImport, layerOf, type Import } from './import-rule.ts';

const SRC = join(import.meta.dirname, '../../src');

/** Imports and re-exports, static, dynamic and as URL of a worker. A type is knowledge of the other part as well. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|new URL\(\s*)['"]([^'"]+)['"]/g;

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '$1');
const codeOf = (path: string): string => withoutComments(readFileSync(join(SRC, path), 'utf8'));

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

const importsOf = (path: string): Import[] =>
  [...codeOf(path).matchAll(IMPORT)].map(([, target = '']) => ({ from: path, to: resolved(path, target) }));

const resolved = (path: string, target: string): string =>
  target.startsWith('.') ? relative(SRC, join(SRC, dirname(path), target)) : target;

test('every import in src follows the import rule', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(importsOf).flatMap((one) => judgeImport(one) ?? [])).toEqual([]);
});

/** A date made from a given number reads no clock; a socket's own `setTimeout` is no timer of ours. */
const CLOCK =
  /\b(?:Date|performance)\.now\s*\(|\bprocess\.hrtime\b|\bnew Date\(\s*\)|(?<!\.)\bset(?:Timeout|Interval|Immediate)\s*\(/;

test('the clock is read through the port of host alone', () => {
  const readsClock = (path: string): string[] =>
    codeOf(path)
      .split('\n')
      .filter((line) => CLOCK.test(line));
  const outside = files.filter((path) => layerOf(path) !== 'host');
  expect(outside.flatMap((path) => readsClock(path).map((line) => `${path}: ${line.trim()}`))).toEqual([]);
});

test.each([
  ['files/look.ts', 'catalog/types.ts'],
  ['http/serve.ts', 'catalog/catalog.ts'],
  ['cli/status.ts', 'files/lock.ts'],
  ['cli/status.ts', 'http/serve.ts'],
  ['core/refs.ts', 'host/ports.ts'],
  ['core/refs.ts', 'node:fs'],
  ['reconciler/rescan.ts', 'node:fs/promises'],
  ['files/look.ts', 'node:timers/promises'],
  ['host/node-file-system.ts', 'files/types.ts'],
  ['reconciler/rescan.ts', 'larder.ts'],
])('the import rule refuses %s -> %s', (from, to) => {
  expect(judgeImport({ from, to })).not.toBeNull();
});

test.each([
  ['files/look.ts', 'host/ports.ts'],
  ['http/serve.ts', 'larder-types.ts'],
  ['reconciler/rescan.ts', 'catalog/types.ts'],
  ['larder/start-up.ts', 'reconciler/redo.ts'],
  ['cli/source-file.ts', 'node:fs'],
])('the import rule allows %s -> %s', (from, to) => {
  expect(judgeImport({ from, to })).toBeNull();
});
