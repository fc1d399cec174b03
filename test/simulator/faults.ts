/** A disk that fails for a while. */
import type { Machine } from './machine.ts';
import type { Call } from './seen-calls.ts';

interface Fault {
  readonly calls: ReadonlySet<Call>;
  readonly code: string;
  readonly likelihood: number;
  /** Calls that fail before the disk is well again by itself. */
  readonly times: number;
}

const FAULTS: readonly Fault[] = [
  { calls: new Set<Call>(['write']), code: 'ENOSPC', likelihood: 0.5, times: Infinity },
  { calls: new Set<Call>(['exchange', 'rename', 'renameNoReplace', 'link']), code: 'EIO', likelihood: 0.5, times: 1 },
  { calls: new Set<Call>(['open']), code: 'EMFILE', likelihood: 0.2, times: Infinity },
  { calls: new Set<Call>(['read']), code: 'EIO', likelihood: 0.1, times: Infinity },
];

export class Faults {
  readonly #machine: Machine;
  #fault: Fault | null = null;
  #times = 0;
  /** No call failed since the process was started. */
  wasWell = true;
  /** A failure may have met the process, or may meet it. */
  isFailing = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get isActive(): boolean {
    return this.#fault !== null;
  }

  /** Begins or ends. */
  turn(isReady: boolean): void {
    if (this.#fault) this.#machine.tell('the disk is well again');
    else if (this.#machine.maybe(0.3)) {
      this.#machine.tell('the next syncs fail');
      this.isFailing = true;
      return this.#machine.disk.failNextSyncs(1 + this.#machine.below(2));
    }
    this.#fault = this.#fault || !isReady ? null : this.#machine.pick(FAULTS);
    this.#times = 0;
    if (this.#fault) this.#machine.tell(`calls begin to fail with ${this.#fault.code}`);
  }

  /** The error of this call, if it fails. */
  failureOf(call: Call): string | null {
    const fault = this.#fault;
    if (!fault?.calls.has(call) || !this.#machine.maybe(fault.likelihood)) return null;
    this.wasWell = false;
    this.isFailing = true;
    this.#times += 1;
    if (this.#times >= fault.times) this.#fault = null;
    return fault.code;
  }

  heal(): void {
    this.#fault = null;
    this.wasWell = true;
    this.isFailing = false;
    this.#machine.disk.failNextSyncs(0);
  }
}
