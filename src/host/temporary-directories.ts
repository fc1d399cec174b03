import { tmpdir } from 'node:os';

/** Where files may lie that nobody needs after this process. */
export const temporaryDirectories = (): readonly string[] => [tmpdir(), '/dev/shm'];
