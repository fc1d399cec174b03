/** A compiler that waits without working, works without end, or fails, as the text says. */
export function tryText(text: string): void {
  const until = performance.now() + Number(text);
  if (text === 'throw') throw new RangeError('it is too much');
  if (text === 'exit') process.exit(3);
  if (text === 'throw later')
    setTimeout(() => {
      throw new Error('nobody waits for this');
    }, 0);
  if (text === 'for ever') for (;;) performance.now();
  while (performance.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
