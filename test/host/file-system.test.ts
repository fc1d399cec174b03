import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { faultyFileSystem } from '../../src/host/faulty-file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { simulatedClock } from '../../src/host/simulated-clock.ts';
import { simulatedFileSystem } from '../../src/host/simulated-file-system.ts';
import { testFileSystem } from './file-system-suite.ts';

describe('the real file system', () => {
  testFileSystem(async () => {
    const root = mkdtempSync(join(tmpdir(), 'larder-fs-'));
    return { fs: nodeFileSystem, root, [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true }) };
  });
});

describe('the simulated file system', () => {
  testFileSystem(async () => {
    const fs = simulatedFileSystem({ clock: simulatedClock() });
    return { fs, root: '/', [Symbol.asyncDispose]: async () => {} };
  });
});

describe('a faulty file system without a fault', () => {
  testFileSystem(async () => {
    const fs = faultyFileSystem(simulatedFileSystem({ clock: simulatedClock() }), []);
    return { fs, root: '/', [Symbol.asyncDispose]: async () => {} };
  });
});
