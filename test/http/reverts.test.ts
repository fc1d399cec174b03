import { expect } from 'vitest';
import { testScenarios } from './scenarios.ts';
import type { World } from './world.ts';

const at = '/v1/lod/d/a';
const odd = '{\t"v": 1.0,\r\n\t"big": 12345678901234567890 }';
/** seq 1. */
const files = { 'lod/d/a.json': odd };
/** seq 2 and 3; then a is deleted: 4. */
const twice = async (world: World): Promise<void> => {
  await world.put(at, { v: 2 });
  await world.put(at, { v: 2, w: [1] });
};
const deleted = async (world: World): Promise<void> => {
  await twice(world);
  await world.ask('DELETE', at);
};

testScenarios([
  {
    name: 'a revert gives the earlier bytes exactly',
    files,
    prepare: twice,
    ask: `POST ${at}/_revert`,
    body: { to: 1 },
    status: 200,
    text: odd,
    answers: { 'larder-seq': '4', 'larder-change-set': /./, etag: /^"[0-9a-f]{64}"$/ },
    events: ['update lod/d/a'],
  },
  {
    name: 'a revert brings a deleted document back',
    files,
    prepare: deleted,
    ask: `POST ${at}/_revert`,
    body: { to: 1 },
    status: 201,
    text: odd,
    answers: { location: at },
    events: ['create lod/d/a'],
  },
  {
    name: 'a revert to what is there changes nothing',
    files,
    ask: `POST ${at}/_revert`,
    body: { to: 1 },
    status: 200,
    text: odd,
  },
  {
    name: 'a revert may be tried without writing',
    files,
    prepare: twice,
    ask: `POST ${at}/_revert`,
    headers: { prefer: 'tx=rollback' },
    body: { to: 1 },
    status: 200,
    text: odd,
  },
  {
    name: 'a revert over another version than the one named is refused',
    files,
    prepare: twice,
    ask: `POST ${at}/_revert`,
    headers: { 'if-match': `"${'0'.repeat(64)}"` },
    body: { to: 1 },
    status: 412,
    json: { code: 'precondition_failed' },
  },
  {
    name: 'a revert to a deletion says what to do instead',
    files,
    prepare: deleted,
    ask: `POST ${at}/_revert`,
    body: { to: 4 },
    status: 409,
    json: { code: 'conflict', detail: expect.stringContaining('DELETE /v1/lod/d/a') },
  },
  {
    name: 'a revert is judged by the schema of today',
    files,
    prepare: async (world) => {
      await twice(world);
      await world.put('/v1/lod/d/_schema', { type: 'object', required: ['w'] });
    },
    ask: `POST ${at}/_revert`,
    body: { to: 1 },
    status: 422,
    json: { code: 'schema_refused' },
  },
  {
    name: 'a revert to the seq of another document is refused',
    files: { ...files, 'lod/d/b.json': {} },
    ask: `POST ${at}/_revert`,
    body: { to: 2 },
    status: 404,
  },
  { name: 'a revert to a seq to come is refused', files, ask: `POST ${at}/_revert`, body: { to: 99 }, status: 400 },
  {
    name: 'an unknown member of a revert is named',
    files,
    ask: `POST ${at}/_revert`,
    body: { too: 1 },
    status: 400,
    json: { code: 'bad_request', detail: expect.stringContaining('did you mean to?') },
  },
  {
    name: 'a revert needs a seq',
    files,
    ask: `POST ${at}/_revert`,
    body: { to: '1' },
    status: 400,
    json: { code: 'bad_request', errors: [{ pointer: '/to' }] },
  },
]);
