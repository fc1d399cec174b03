/** Every call that a write of any kind makes below its root fails once, or is the last that its process makes. */
import { availableParallelism } from 'node:os';
import { allTrials, nameOf, tryOne, type Trial } from '../refusals/every-call.ts';
import { canTrace } from '../refusals/traced.ts';
import { isOver, randomFrom, skipped, type Harness, type Outcome, type Run } from './harness.ts';

/** Also of a run whose time went by while it found out which calls there are. */
const LEAST_TRIALS = 4;

async function run(options: Run): Promise<Outcome> {
  if (!canTrace()) return skipped('needs strace');
  const trials = shuffled(await allTrials(), options.seed);
  const failures: string[] = [];
  let [next, ran, met, refused] = [0, 0, 0, 0];
  const work = async (): Promise<void> => {
    const isEnough = (): boolean => next >= LEAST_TRIALS && isOver(options);
    while (next < Math.min(options.size, trials.length) && !isEnough() && failures.length === 0) {
      const trial = trials[next++];
      if (trial === undefined) return;
      try {
        const { isMet, told } = await tryOne(trial);
        if (isMet) met += 1;
        if (told?.answer !== 'written') refused += 1;
      } catch (error) {
        failures.push(`${nameOf(trial)}: ${String(error)}`);
      }
      ran += 1;
      options.say?.(`${ran} of ${trials.length} calls`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return { ran, of: trials.length, figures: { 'came to pass': met, 'writes not done': refused }, failures };
}

/** So that a run of some minutes tries calls of every kind. */
function shuffled(trials: readonly Trial[], seed: number): Trial[] {
  const random = randomFrom(seed);
  return trials
    .map((trial) => ({ trial, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ trial }) => trial);
}

export const everyCall: Harness = {
  name: 'strace',
  what: 'the kernel refuses a call of a real process, or kills it there: every call below the root, of every kind of write',
  unit: 'failing calls',
  size: 10_000,
  minutes: 90,
  run,
};
