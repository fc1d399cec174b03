import { expect, test } from 'vitest';
import { nearestName } from '../../src/util/nearest-name.ts';

test.each([
  ['custmers', ['customers', 'orders'], 'customers'],
  ['limt', ['limit', 'sort'], 'limit'],
  ['ab', ['ba'], 'ba'],
  ['dd', ['d'], 'd'],
  ['a', ['k'], null],
  ['ab', ['xy'], null],
  ['orders', ['k'], null],
])('%s among %j is near to %j', (name, known, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});
