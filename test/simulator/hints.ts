/** Hints of the watcher, and what history owes to what they lead to. */
import type { Faults } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import type { State } from './timeline.ts';

/** Longer than anything that waits for a file to be left alone. */
export const QUIET_MS = 3500;

/** Told of each change by a hand: a hint may come late or never. The process itself causes some too. */
export function hintsFor(machine: Machine, faults: Faults, running: () => Process): (path: string) => void {
  return (path) => {
    if (!machine.maybe(0.7)) return;
    const lateMs = machine.pick([0, 5, 40, 400]);
    machine.clock.after(lateMs, () => {
      const slash = path.lastIndexOf('/');
      const isHeard = running().hint({ directory: path.slice(0, slash), name: path.slice(slash + 1) });
      const state = machine.timeline.current(path);
      if (isHeard && state && running().isReady) expectKept(machine, faults, running, state);
    });
  };
}

/** What lies there quietly from now on, while the process lives and the disk is well, has to be kept. */
function expectKept(machine: Machine, faults: Faults, running: () => Process, state: State): void {
  const { larder } = running();
  state.hintedMs ??= machine.nowMs;
  const { touches } = state;
  machine.clock.after(QUIET_MS, () => {
    const isSame = running().larder === larder && !running().isDead && !faults.isActive;
    if (isSame && state.touches === touches && state.isWhole && state.toMs === Infinity && faults.wasWell)
      state.isOwed = true;
  });
}
