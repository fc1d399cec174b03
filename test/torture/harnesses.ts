import { bursts, burstsWithoutExchange } from './bursts.ts';
import { rsyncCopies } from './copies.ts';
import type { Harness } from './harness.ts';
import { kill } from './kill.ts';
import { simulator } from './lives.ts';
import { powerCut } from './power-cut.ts';
import { modelReal, modelSimulated } from './models.ts';
import { storms, stormsStopped, unwatchedTree } from './storm.ts';
import { suites } from './suites.ts';
import { tools } from './tools.ts';

/** In the order in which they run and are reported. */
export const HARNESSES: readonly Harness[] = [
  modelSimulated,
  modelReal,
  simulator,
  kill,
  powerCut,
  tools,
  bursts,
  burstsWithoutExchange,
  storms,
  stormsStopped,
  unwatchedTree,
  rsyncCopies,
  ...suites,
];
