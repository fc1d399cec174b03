/** Roots that are verified: made by a real Larder, closed, copied, damaged. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  lstatSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Larder } from '../../src/larder-types.ts';
import { openClosedRoot } from '../../src/maintain/verify/closed-root.ts';
import type { Finding, VerifySummary } from '../../src/maintain/verify/types.ts';
import { verify } from '../../src/maintain/verify/verify.ts';

export interface Verified extends VerifySummary {
  readonly findings: readonly Finding[];
  /** `kind code path` of each finding, sorted. */
  readonly said: readonly string[];
}

const collected = async (run: (finding: (one: Finding) => void) => Promise<VerifySummary>): Promise<Verified> => {
  const findings: Finding[] = [];
  const summary = await run((finding) => void findings.push(finding));
  const said = findings.map(({ kind, code, path }) => `${kind} ${code} ${path.replace(/^.*\.larder/, '.larder')}`);
  return { ...summary, findings, said: said.toSorted() };
};

export const verifyOpen = ({ maintenance }: Larder): Promise<Verified> =>
  collected((finding) => maintenance.verify({ finding, progress: () => {} }));

export const verifyClosed = (root: string): Promise<Verified> =>
  collected(async (finding) => {
    await using subject = await openClosedRoot(root);
    return await verify(subject, { finding, progress: () => {} });
  });

export interface Copy extends Disposable {
  readonly root: string;
  at(path: string): string;
}

/** As `rsync -a` makes it: times and modes are kept, inodes are new. */
export function copyOf(root: string): Copy {
  const copy = mkdtempSync(join(tmpdir(), 'larder-copy-'));
  // Node's own copy keeps milliseconds only.
  execFileSync('cp', ['-a', `${root}/.`, copy]);
  return {
    root: copy,
    at: (path) => join(copy, path),
    [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }),
  };
}

/** Path, size and times of everything below a directory. */
export const traceOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => {
      const { size, mtimeMs, ctimeMs, ino } = lstatSync(path);
      return `${path} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
    })
    .toSorted();

export function segmentsOf(root: string): string[] {
  const log = join(root, '.larder/log');
  return readdirSync(log)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .map((name) => join(log, name));
}

/** Changes one bit of a file, at the place that a text has in it. */
export function flipBitAt(file: string, text: string): number {
  const { size } = lstatSync(file);
  const bytes = Buffer.alloc(size);
  const fd = openSync(file, 'r+');
  readSync(fd, bytes, 0, size, 0);
  const at = bytes.indexOf(text);
  if (at < 0) throw new Error(`${text} is not in ${file}`);
  writeSync(fd, Uint8Array.of((bytes[at] ?? 0) ^ 1), 0, 1, at);
  closeSync(fd);
  return at;
}

/** Work on a file that is put back as it was. */
export async function whileChanged(file: string, work: () => Promise<void>): Promise<void> {
  const kept = `${file}.kept`;
  copyFileSync(file, kept);
  try {
    await work();
  } finally {
    copyFileSync(kept, file);
    rmSync(kept);
  }
}

/** Changes the catalog behind Larder's back. */
export function tamper(root: string, sql: string): void {
  const database = new Database(join(root, '.larder/derived/catalog.sqlite'));
  database.exec(sql);
  database.close();
}
