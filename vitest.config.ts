import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file is a process of its own: a daemon, a lock or a native module that goes wrong takes one file with it.
    pool: 'forks',
    // One more than the processors that CI has: many tests wait, for a second look, a checkpoint or a rescan.
    maxWorkers: 3,
    // As scripts/environment.sh gives them to the daemon.
    execArgv: ['--no-memory-protection-keys'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
    // Temporary roots are made by each test; nothing is shared, so files run side by side.
    fileParallelism: true,
    reporters: ['default'],
  },
});
