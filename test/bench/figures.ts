/** What a scenario is given and gives. */
import { median } from './programs.ts';

export interface Setting {
  readonly tree: string;
  /** A folder for what the scenarios make. */
  readonly place: string;
  readonly documents: number;
  readonly rounds: number;
  /** The command line's entry. */
  readonly daemon: string;
}

export interface Figure {
  readonly what: string;
  readonly larder: string;
  readonly against: string;
  readonly ratio: string;
  readonly bound: string;
  /** Null where it could not be measured. */
  readonly holds: boolean | null;
}

export type Scenario = (setting: Setting) => Promise<Figure[]>;

export const ms = (value: number): string => `${value < 20 ? value.toFixed(1) : Math.round(value)} ms`;

interface Rounds {
  readonly larder: number;
  readonly against: number;
  readonly ratio: number;
}

/** Both sides of a round one after the other, so that a slow minute of the machine hits both. Medians. */
export async function rounds(
  count: number,
  larder: () => Promise<number>,
  against: () => Promise<number>,
): Promise<Rounds> {
  const pairs: [number, number][] = [];
  for (let round = 0; round < count; round++) pairs.push([await larder(), await against()]);
  return {
    larder: median(pairs.map(([a]) => a)),
    against: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

type Told = Pick<Figure, 'what' | 'larder' | 'against'>;

export const atMost = (bound: number, ratio: number, told: Told): Figure => ({
  ...told,
  ratio: ratio.toFixed(2),
  bound: `at most ${bound}`,
  holds: ratio <= bound,
});

export const atLeast = (bound: number, ratio: number, told: Told): Figure => ({
  ...told,
  ratio: ratio.toFixed(2),
  bound: `at least ${bound}`,
  holds: ratio >= bound,
});
