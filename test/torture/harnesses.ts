import { bursts, burstsWithoutExchange } from './bursts.ts';
import { rsyncCopies } from './copies.ts';
import { diskFull } from './disk-full.ts';
import type { Harness } from './harness.ts';
import { kill } from './kill.ts';
import { simulator } from './lives.ts';
import { powerCut } from './power-cut.ts';
import { modelReal, modelSimulated } from './models.ts';
import { storms, stormsStopped, unwatchedTree } from './storm.ts';
import { everyCall } from './strace.ts';
import { suites } from './suites.ts';
import { tools } from './tools.ts';

/** In the order in which they run and are reported. */
export const HARNESSES: readonly Harness[] = [
  kill,
  powerCut,
  tools,
  bursts,
  burstsWithoutExchange,
  storms,
  stormsStopped,
  unwatchedTree,
  rsyncCopies,
  diskFull,
  ...suites,
  everyCall,
  modelReal,
  modelSimulated,
  // Takes whatever time the others leave.
  simulator,
];
