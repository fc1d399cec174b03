import { expect, test } from 'vitest';
import { systemClock } from '../../src/host/system-clock.ts';
import { planPrune } from '../../src/maintain/prune/plan.ts';
import type { History } from '../../src/maintain/prune/types.ts';

const VERSIONS = 40_000;
/** Of CPU time: some 30 where each version costs the same, 4,000 where it costs the more the more there are. */
const MOST_MS = 1000;

test('planning costs no more for each version of a path that has many', async () => {
  const versions = Array.from({ length: VERSIONS }, (_, index) => ({
    seq: VERSIONS - index,
    atMs: 1e12 - index * 60_000,
    kind: 'valid',
    digest: `digest ${index}`,
    isKept: true,
    storedBytes: 10,
    base: null,
  }));
  const path = { id: 1, path: 'lod/things/a.json', diskDigest: 'digest 0', servedSeq: VERSIONS, problems: [] };
  const history = {
    catalog: { pathsWithVersions: (after: number) => (after === 0 ? [path] : []), pathVersions: () => versions },
    clock: systemClock,
    events: { completeUpTo: () => [{ first: 1, last: VERSIONS }] },
    settledSeq: () => VERSIONS,
    refuseStopping: () => {},
    keepOf: () => ({ kind: 'days', days: 1 }),
  } as unknown as History;
  const before = process.threadCpuUsage();
  const { versions: planned, paths } = await planPrune(history);
  const { user, system } = process.threadCpuUsage(before);
  expect({ planned, paths }).toEqual({ planned: VERSIONS - 1, paths: 1 });
  expect((user + system) / 1000).toBeLessThan(MOST_MS);
});
