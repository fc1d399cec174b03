/** Bodies that say what to do: a wrong member is told in plain words, with its place. */
import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

test('a member of a wrong type is told in plain words with its JSON Pointer, whatever route it is for', async () => {
  await using world = await openWorld({ files: { 'lod/d/a.json': { v: 1 } } });
  for (const [path, body, pointer, detail] of [
    ['_undo', { change_set: 5 }, '/change_set', 'must be text'],
    ['_undo', { document: [] }, '/document', 'must be text'],
    ['_undo', { since: true }, '/since', 'must be a seq or an RFC 3339 time'],
    ['_undo', { session: '' }, '/session', 'must not be empty'],
    ['lod/d/a/_revert', {}, '/to', 'must be the seq of a version'],
    ['_forget', { path: 7 }, '/path', 'must be a path below the root'],
    ['_forget', { path: 'lod/d/a.json', only: [1, 'x'] }, '/only/1', 'must be a list of seqs'],
    ['_normalise', { paths: 'lod' }, '/paths', 'must be a list of paths'],
    ['_problems/0/_confirm', { copy: 5 }, '/copy', 'must be the path of a copy'],
    ['_problems/0/_confirm', { take: 'both' }, '/take', 'must be copy, original or merge'],
  ] as const)
    expect(await world.ask('POST', `/v1/${path}`, { body }), `${path} ${pointer}`).toMatchObject({
      status: 400,
      json: {
        code: 'bad_request',
        detail: `${pointer} ${detail}`,
        errors: [{ code: 'bad_member', detail, pointer }],
      },
    });
  for (const [path, body, error] of [
    ['_undo', { changeset: 'x' }, { code: 'unknown_member', pointer: '/changeset' }],
    [
      '_batch',
      { requests: [{ method: 'PUT', path: '/v1/lod/d/b', body: {} }, { method: 5 }] },
      { pointer: '/requests/1' },
    ],
    ['_batch', { requests: 5 }, { pointer: '' }],
  ] as const)
    expect(await world.ask('POST', `/v1/${path}`, { body }), path).toMatchObject({
      status: 400,
      json: { errors: [error] },
    });
});
