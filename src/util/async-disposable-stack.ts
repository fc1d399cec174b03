/**
 * `AsyncDisposableStack` (ECMAScript explicit resource management) for Node.js 22, which has the symbols but not the class.
 * The entry points call it before anything needs the class; on Node.js 24 it does nothing.
 */
type Close = () => unknown;

export class OwnAsyncDisposableStack {
  readonly [Symbol.toStringTag] = 'AsyncDisposableStack';
  #closes: Close[] = [];
  #isDisposed = false;

  get disposed(): boolean {
    return this.#isDisposed;
  }

  use<T extends AsyncDisposable | Disposable | null | undefined>(value: T): T {
    const close = closeOf(value);
    if (close !== null) this.defer(close);
    return value;
  }

  adopt<T>(value: T, close: (value: T) => PromiseLike<void> | void): T {
    this.defer(() => close(value));
    return value;
  }

  defer(close: Close): void {
    this.#refuseDisposed();
    this.#closes.push(close);
  }

  move(): OwnAsyncDisposableStack {
    this.#refuseDisposed();
    const next = new OwnAsyncDisposableStack();
    next.#closes = this.#closes;
    this.#closes = [];
    this.#isDisposed = true;
    return next;
  }

  /** In reverse order, each whatever became of the others. Of several errors the last one is thrown and holds the others. */
  async disposeAsync(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const errors: unknown[] = [];
    for (const close of this.#closes.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.reduce(suppress);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }

  #refuseDisposed(): void {
    if (this.#isDisposed) throw new ReferenceError('the stack is disposed of already');
  }
}

function closeOf(value: AsyncDisposable | Disposable | null | undefined): Close | null {
  if (value === null || value === undefined) return null;
  if (Symbol.asyncDispose in value) return () => value[Symbol.asyncDispose]();
  return () => value[Symbol.dispose]();
}

/** As SuppressedError has it: `error` came later and hides `suppressed`. */
const suppress = (suppressed: unknown, error: unknown): Error =>
  Object.assign(new Error('an error was suppressed while closing'), { name: 'SuppressedError', error, suppressed });

export function provideAsyncDisposableStack(): void {
  if (!('AsyncDisposableStack' in globalThis))
    Object.assign(globalThis, { AsyncDisposableStack: OwnAsyncDisposableStack });
}
