/** The bare limits that Larder is held against, each as a program of its own: `node bare.ts index|walk|hash ROOT`, `… parse FILE`. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { hash } from 'blake3-wasm';

function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** One thread that reads, parses, hashes and inserts into SQLite with full text. */
function index(root: string): number {
  const place = mkdtempSync(join(tmpdir(), 'bare-index-'));
  const database = new Database(join(place, 'bare.sqlite'));
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
    CREATE TABLE document (id INTEGER PRIMARY KEY, path TEXT UNIQUE, digest BLOB, text TEXT);
    CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2');`);
  const insert = database.prepare('INSERT INTO document (path, digest, text) VALUES (?, ?, ?)');
  const words = database.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)');
  const started = performance.now();
  let count = 0;
  database.exec('BEGIN');
  for (const path of filesBelow(root)) {
    const bytes = readFileSync(path);
    const text = bytes.toString('utf8');
    const value: unknown = JSON.parse(text);
    const { lastInsertRowid } = insert.run(path, hash(bytes), text);
    words.run(lastInsertRowid, stringsOf(value).join('\n'));
    if (++count % 1000 === 0) database.exec('COMMIT; BEGIN');
  }
  database.exec('COMMIT');
  const ms = performance.now() - started;
  database.close();
  rmSync(place, { recursive: true });
  return ms;
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsOf) : [];
}

function walk(root: string): number {
  const started = performance.now();
  for (const path of filesBelow(root)) lstatSync(path);
  return performance.now() - started;
}

function hashAll(root: string): number {
  const started = performance.now();
  for (const path of filesBelow(root)) hash(readFileSync(path));
  return performance.now() - started;
}

/** CPU time of one parse and stringify, in a process that is warm. */
function parse(file: string): number {
  const text = readFileSync(file, 'utf8');
  const TIMES = 50;
  let length = 0;
  for (let time = 0; time < TIMES; time++) length += JSON.stringify(JSON.parse(text)).length;
  const before = process.cpuUsage();
  for (let time = 0; time < TIMES; time++) length += JSON.stringify(JSON.parse(text)).length;
  const { user, system } = process.cpuUsage(before);
  return length > 0 ? (user + system) / 1000 / TIMES : Number.NaN;
}

const programs: Readonly<Record<string, (path: string) => number>> = { index, walk, hash: hashAll, parse };

const [what = '', path] = process.argv.slice(2);
const program = programs[what];
if (path === undefined || !program) throw new Error('usage: node bare.ts index|walk|hash ROOT, or parse FILE');
process.stdout.write(`${JSON.stringify({ ms: program(path) })}\n`);
