/**
 * How long single turns of the event loop are, in CPU time of this thread: what else the machine does, and what the disk takes,
 * is no fault of the code that is measured.
 */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

export interface Turns extends Disposable {
  /** The longest turn since the last call. */
  longestMs(): number;
}

export function watchTurns(): Turns {
  let longest = 0;
  let isOver = false;
  let before = cpuMs();
  const look = (): void => {
    const now = cpuMs();
    longest = Math.max(longest, now - before);
    before = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return {
    longestMs() {
      const told = longest;
      longest = 0;
      return told;
    },
    [Symbol.dispose]: () => void (isOver = true),
  };
}
