import { expect } from 'vitest';
import type { Answer } from './client.ts';
import type { World } from './world.ts';

/** A success, or a problem; 503 and 507 say that something cannot be done now, any other 5xx is a fault of ours. */
export function expectAnswered({ status, headers, text, json }: Answer): void {
  expect(status, text).toBeGreaterThanOrEqual(200);
  expect(status < 500 || status === 503 || status === 507, `${status} ${text}`).toBe(true);
  if (status < 400) return;
  expect(headers['content-type']).toBe('application/problem+json');
  if (text !== '') expect(json).toMatchObject({ status, code: expect.any(String) });
}

export const alive = { 'lod/customers/a.json': { v: 1 } };

/** In a world that was opened with the files of `alive`. */
export async function expectAlive(world: World): Promise<void> {
  expect((await world.get('/v1/lod/customers/a')).json).toEqual({ v: 1 });
  expect(world.logged.filter(({ msg }) => msg === 'request failed')).toEqual([]);
}
