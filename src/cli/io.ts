/** What a command writes to. Results go to standard output, everything else to standard error. */
export interface Io {
  /** Bytes go out as they are. */
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string) => void;
  /** Whether a person watches standard error: progress is for them alone. */
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Asks the person at the terminal; missing where nobody is there to answer. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

/** One JSON value, as programs read it. */
export const outJson = (io: Io, value: unknown): void => io.out(`${JSON.stringify(value)}\n`);
