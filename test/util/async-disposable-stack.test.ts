import { describe, expect, test } from 'vitest';
import { OwnAsyncDisposableStack } from '../../src/util/async-disposable-stack.ts';

/** Ours must do what the language's own does: each case runs on both. */
describe.each([
  ['ours', () => new OwnAsyncDisposableStack() as AsyncDisposableStack],
  ['the language’s', () => new AsyncDisposableStack()],
])('%s', (_name, make) => {
  test('closes in reverse order, asynchronous before synchronous, and once', async () => {
    const closed: string[] = [];
    const stack = make();
    stack.use({ [Symbol.dispose]: () => void closed.push('sync') });
    stack.use({ [Symbol.asyncDispose]: async () => void closed.push('async') });
    expect(stack.use(null)).toBeNull();
    expect(stack.adopt(7, (value) => void closed.push(`adopted ${value}`))).toBe(7);
    stack.defer(() => void closed.push('deferred'));
    await stack.disposeAsync();
    await stack[Symbol.asyncDispose]();
    expect(closed).toEqual(['deferred', 'adopted 7', 'async', 'sync']);
    expect(stack.disposed).toBe(true);
  });

  test('what was moved is closed by the other one', async () => {
    const closed: string[] = [];
    const stack = make();
    stack.defer(() => void closed.push('it'));
    const moved = stack.move();
    await stack.disposeAsync();
    expect(closed).toEqual([]);
    await moved.disposeAsync();
    expect(closed).toEqual(['it']);
    expect(() => stack.defer(() => {})).toThrow(ReferenceError);
    expect(() => stack.move()).toThrow(ReferenceError);
  });

  test('an error does not keep the others open, and a later one holds the earlier', async () => {
    const closed: string[] = [];
    const stack = make();
    stack.defer(() => void closed.push('last'));
    stack.defer(() => Promise.reject(new Error('second')));
    stack.defer(() => {
      throw new Error('first');
    });
    await expect(stack.disposeAsync()).rejects.toMatchObject({
      name: 'SuppressedError',
      error: { message: 'second' },
      suppressed: { message: 'first' },
    });
    expect(closed).toEqual(['last']);
  });
});
