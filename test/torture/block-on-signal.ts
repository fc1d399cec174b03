/** Imported before the daemon by tests: SIGUSR2 blocks its event loop for five seconds, as a synchronous call gone wrong would. */
const BLOCK_MS = 5000;

process.on('SIGUSR2', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS));
