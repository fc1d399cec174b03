/** Whether a promise has settled by now, for whoever drives the clock that it waits for. */
export interface Settlement {
  readonly isThere: boolean;
}

export function settlementOf(promise: PromiseLike<unknown>): Settlement {
  const settlement = { isThere: false };
  const note = (): void => void (settlement.isThere = true);
  void promise.then(note, note);
  return settlement;
}
