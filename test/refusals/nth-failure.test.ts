import { describe, expect, test, vi } from 'vitest';
import type { Fault } from '../../src/host/faulty-file-system.ts';
import { failEveryCall } from './nth-failure.ts';
import { OPERATIONS } from './operations.ts';
import { Store } from './store.ts';

const error = (code: string): Fault['outcome'] => ({ kind: 'error', code });

const FAULTS: readonly (readonly [name: string, fault: Omit<Fault, 'nth'>])[] = [
  ['fails with EIO', { outcome: error('EIO') }],
  ['and all that follow fail with EIO', { outcome: error('EIO'), forever: true }],
  ['is a sync that fails', { calls: ['fsync', 'fdatasync', 'fsyncSync'], outcome: error('EIO') }],
  [
    'finds the disk full, as all that follow',
    {
      calls: ['write', 'open', 'makeDirectory', 'rename', 'link', 'exchange', 'renameNoReplace'],
      outcome: error('ENOSPC'),
      forever: true,
    },
  ],
  ['finds no descriptor', { calls: ['open'], outcome: error('EMFILE') }],
  ['would cross devices', { calls: ['rename', 'link', 'exchange', 'renameNoReplace'], outcome: error('EXDEV') }],
  ['is a write that takes 7 bytes', { calls: ['write'], outcome: { kind: 'short', bytes: 7 } }],
  ['is never made, the process dies', { outcome: { kind: 'crash' } }],
];

// Hundreds of restarts: alone they take seconds.
vi.setConfig({ testTimeout: 180_000 });

describe.each(OPERATIONS)('$name', (operation) => {
  test.each(FAULTS)('is done or not done when call N %s, for every N', async (_, fault) => {
    await using store = await Store.open();
    const { runs } = await failEveryCall(store, operation, fault);
    expect(runs).toBeGreaterThan(1);
  });
});

const [, update, , , remove, set] = OPERATIONS;
const [eio, , , , , exdev] = FAULTS.map(([, fault]) => fault);
if (!update || !remove || !set || !eio || !exdev) throw new Error('the table of operations or faults became shorter');
const death: Omit<Fault, 'nth'> = { outcome: { kind: 'crash' } };

describe('where files cannot be exchanged', () => {
  test.each([update, remove, set])('$name is done or not done, whatever call fails', async (operation) => {
    await using store = await Store.open(['exchange']);
    expect(store.larder.readiness().reasons).toEqual(['no-atomic-exchange']);
    for (const fault of [eio, exdev]) await failEveryCall(store, operation, fault);
  });

  test('a PUT over a document survives the death of the process at every call', async () => {
    await using store = await Store.open(['exchange']);
    await failEveryCall(store, update, death);
  });
});

describe('the harness has teeth', () => {
  test('without abort frames a refused write comes back', async () => {
    await using store = await Store.open(['abort']);
    await expect(failEveryCall(store, update, exdev)).rejects.toThrow('a restart finds nothing to tell');
  });

  test('without redo a change set is done in part', async () => {
    await using store = await Store.open(['redo']);
    await expect(failEveryCall(store, set, death)).rejects.toThrow('was told, there is');
  });
});
