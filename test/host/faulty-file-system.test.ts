import { expect, test } from 'vitest';
import { Crash, faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import type { Fault, FaultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';

const withFaults = (...plan: Fault[]): FaultyFileSystem =>
  faultyFileSystem(simulatedFileSystem({ clock: simulatedClock() }), plan);

const error = (code: string): Fault['outcome'] => ({ kind: 'error', code });

test('the nth call fails once, and only that one', () => {
  const fs = withFaults({ calls: ['makeDirectory'], nth: 2, outcome: error('ENOSPC') });
  fs.makeDirectory('/a');
  expect(() => fs.makeDirectory('/b')).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
  expect(fs.lstat('/b')).toBeUndefined();
  fs.makeDirectory('/b');
  expect(fs.counts).toStrictEqual([3]);
});

test('from the nth call on every one fails, for ever', () => {
  const fs = withFaults({ nth: 2, forever: true, outcome: error('EIO') });
  fs.makeDirectory('/a');
  for (let times = 0; times < 3; times += 1) expect(() => fs.lstat('/a')).toThrow('EIO');
});

test('a fault may concern one path alone, also through its descriptor', async () => {
  const fs = withFaults({ path: '/a', calls: ['fsync'], nth: 1, outcome: error('EIO') });
  const [a, b] = [fs.open('/a', 'create-new'), fs.open('/b', 'create-new')];
  await fs.fsync(b);
  await expect(fs.fsync(a)).rejects.toThrow('EIO');
  await fs.fsync(a);
});

test('a short write takes less than it was given', () => {
  const fs = withFaults({ calls: ['write'], nth: 1, outcome: { kind: 'short', bytes: 3 } });
  const fd = fs.open('/a', 'create-new');
  expect(fs.write(fd, Buffer.from('abcdef'), 0, 6, 0)).toBe(3);
  expect(fs.write(fd, Buffer.from('abcdef'), 3, 3, 3)).toBe(3);
  expect(fs.fstat(fd).size).toBe(6);
});

test('after a crash nothing works any more', () => {
  const inner = simulatedFileSystem({ clock: simulatedClock() });
  const fs = faultyFileSystem(inner, [{ calls: ['makeDirectory'], nth: 1, outcome: { kind: 'crash' } }]);
  expect(() => fs.makeDirectory('/a')).toThrow(Crash);
  expect(() => fs.lstat('/a')).toThrow(Crash);
  expect(inner.lstat('/a')).toBeUndefined();
});

test('a crash may come just after the call took effect', () => {
  const inner = simulatedFileSystem({ clock: simulatedClock() });
  const fs = faultyFileSystem(inner, [{ nth: 1, outcome: { kind: 'crash', after: true } }]);
  expect(() => fs.makeDirectory('/a')).toThrow(Crash);
  expect(inner.lstat('/a')?.kind).toBe('directory');
});

test('what no fault hit is told', () => {
  const fs = withFaults({ nth: 5, outcome: error('EIO') });
  fs.makeDirectory('/a');
  expect(fs.fired).toBe(false);
});

test('a process that was killed makes no call more, and what it wrote stays', () => {
  const inner = simulatedFileSystem({ clock: simulatedClock() });
  const fs = faultyFileSystem(inner, []);
  fs.makeDirectory('/a');
  fs.die();
  expect(() => fs.lstat('/a')).toThrow(Crash);
  expect(inner.lstat('/a')?.kind).toBe('directory');
});
