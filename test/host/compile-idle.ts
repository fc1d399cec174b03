/** A compiler that waits without working, or works without end, as the text says. */
export function tryText(text: string): void {
  const until = performance.now() + Number(text);
  if (text === 'for ever') for (;;) performance.now();
  while (performance.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
