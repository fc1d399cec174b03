import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLock, takeLock } from '../../src/files/lock.ts';
import { openFilesWorld } from './world.ts';

const holder = { pid: process.pid, host: '127.0.0.1', port: 4747 };
const LOCK = join(import.meta.dirname, '../../src/files/lock.ts');

test('a lock is held by one, names its holder, and is free when it is released', () => {
  using world = openFilesWorld();
  const file = world.at('lock');
  const options = { file, rootIdentity: '1:2', ...holder };
  const lock = takeLock(options);
  expect(readLock(file, '1:2')).toEqual(holder);
  expect(() => takeLock(options)).toThrow(
    expect.objectContaining({ code: 'root_locked', message: expect.stringContaining('http://127.0.0.1:4747') }),
  );
  lock.announce({ host: '::1', port: 4800 });
  expect(readLock(file, '1:2')).toEqual({ pid: process.pid, host: '::1', port: 4800 });
  expect(() => takeLock(options)).toThrow(/4800/);
  lock.release();
  expect(readLock(file, '1:2')).toBeNull();
  takeLock(options).release();
});

test('a copied lock is void: it names another root', () => {
  using world = openFilesWorld();
  const lock = takeLock({ file: world.at('lock'), rootIdentity: '1:2', ...holder });
  copyFileSync(world.at('lock'), world.at('copy'));
  expect(readLock(world.at('lock'), '9:9')).toBeNull();
  expect(readLock(world.at('copy'), '1:2')).toBeNull();
  takeLock({ file: world.at('copy'), rootIdentity: '3:4', ...holder }).release();
  lock.release();
});

test('a process that is killed leaves no lock behind', async () => {
  using world = openFilesWorld();
  const file = world.at('lock');
  const script = `const { takeLock } = await import(${JSON.stringify(LOCK)});
    const lock = takeLock({ file: ${JSON.stringify(file)}, rootIdentity: '1:2', pid: process.pid, host: '', port: 0 });
    process.stdout.write('held');
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const held = readLock(file, '1:2');
  child.kill('SIGKILL');
  expect(held).toMatchObject({ pid: child.pid });
  await new Promise((resolve) => child.once('close', resolve));
  expect(readLock(file, '1:2')).toBeNull();
  takeLock({ file, rootIdentity: '1:2', ...holder }).release();
});

test.each([
  ['another text', (_bytes: Buffer) => Buffer.from('this is no database, whatever it is'.repeat(100))],
  [
    'torn by a power cut',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 512), Buffer.alloc(3584), bytes.subarray(4096)]),
  ],
  ['empty', () => Buffer.alloc(0)],
])('a lock file that is damaged (%s) is held by nobody, and made anew', (_what, damage) => {
  using world = openFilesWorld();
  const options = { file: world.at('lock'), rootIdentity: '1:2', ...holder };
  takeLock(options).release();
  writeFileSync(world.at('lock'), damage(readFileSync(world.at('lock'))));
  expect(readLock(world.at('lock'), '1:2')).toBeNull();
  const lock = takeLock(options);
  expect(readLock(world.at('lock'), '1:2')).toEqual(holder);
  lock.release();
});
