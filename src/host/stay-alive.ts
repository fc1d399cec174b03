/**
 * No timer of the clocks keeps a process alive, so that a daemon that was told to stop ends. A command that waits for one would end
 * in the middle of its work.
 */
const LONG_MS = 60_000;

/** The process does not end by itself before the work is done. */
export async function stayingAlive<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const timer = setInterval(() => {}, LONG_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
