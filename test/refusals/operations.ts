/** Every kind of write, each on documents of its own. */
import type { WriteRequest } from '../../src/core/requests.ts';
import { me, put, ref, told, type Answer, type Store, type Value } from './store.ts';

export interface Operation {
  readonly name: string;
  /** Short, for ids. */
  readonly key: string;
  /** What must be there before, by id. */
  readonly before: Readonly<Record<string, Value>>;
  readonly after: Readonly<Record<string, Value>>;
  /** Only every so many calls fail. */
  readonly stride?: number;
  /** Answers what the client was told of each document, where they stand alone. */
  run(store: Pick<Store, 'larder'>, prefix: string): Promise<unknown>;
  readonly each?: true;
}

const patch = (id: string, value: string): WriteRequest => ({
  ref: ref(id),
  change: { op: 'merge-patch', body: Buffer.from(JSON.stringify({ value })) },
});

const remove = (id: string): WriteRequest => ({ ref: ref(id), change: { op: 'delete' } });

const setOf = (prefix: string): WriteRequest[] => [
  put(`${prefix}a`, 'new'),
  remove(`${prefix}b`),
  put(`${prefix}new/c`, 'new'),
];

const set = {
  before: { a: 'old', b: 'old', 'new/c': null },
  after: { a: 'new', b: null, 'new/c': 'new' },
} as const;

/** Over 1 MiB: its bytes go to a blob. */
const LARGE = 'x'.repeat(1_100_000);

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'PUT of a new document in a new directory',
    key: 'create',
    before: { 'new/a': null },
    after: { 'new/a': 'new' },
    run: (store, prefix) => store.larder.write(put(`${prefix}new/a`, 'new'), me),
  },
  {
    name: 'PUT over a document',
    key: 'update',
    before: { a: 'old' },
    after: { a: 'new' },
    run: (store, prefix) => store.larder.write(put(`${prefix}a`, 'new'), me),
  },
  {
    name: 'PUT of a large document over a small one',
    key: 'large',
    before: { a: 'old' },
    after: { a: LARGE },
    stride: 7,
    run: (store, prefix) => store.larder.write(put(`${prefix}a`, LARGE), me),
  },
  {
    name: 'PATCH',
    key: 'patch',
    before: { a: 'old' },
    after: { a: 'new' },
    run: (store, prefix) => store.larder.write(patch(`${prefix}a`, 'new'), me),
  },
  {
    name: 'DELETE',
    key: 'delete',
    before: { a: 'old' },
    after: { a: null },
    run: (store, prefix) => store.larder.write(remove(`${prefix}a`), me),
  },
  {
    name: 'an atomic bulk',
    key: 'atomic',
    ...set,
    run: (store, prefix) => store.larder.writeAll(setOf(prefix), me, { atomic: true }),
  },
  {
    name: 'a bulk',
    key: 'bulk',
    ...set,
    each: true,
    async run(store, prefix) {
      const results = await store.larder.writeAll(setOf(prefix), me);
      const answers = results.map((result) => told(result.ok ? Promise.resolve() : Promise.reject(result.error)));
      return Promise.all(answers) satisfies Promise<Answer[]>;
    },
  },
];
