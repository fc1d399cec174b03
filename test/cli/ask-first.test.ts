/** What takes something away is shown before it is done: by `--yes`, or by a person at the terminal. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askFirst, type SureFlags } from '../../src/cli/ask-first.ts';
import { terminalAsk } from '../../src/cli/ask.ts';

interface Told {
  out: string;
  err: string;
  /** What was run: true for a preview. */
  readonly ran: boolean[];
}

async function tell(flags: SureFlags, answer: boolean | null, isEmpty = false): Promise<Told> {
  const told: Told = { out: '', err: '', ran: [] };
  const io = {
    out: (text: string | Uint8Array) => void (told.out += Buffer.from(text).toString()),
    err: (text: string) => void (told.err += text),
    isTerminal: answer !== null,
    env: {},
    workingDirectory: '/',
    signal: new AbortController().signal,
    ...(answer !== null && { ask: async () => answer }),
  };
  await askFirst(
    {
      run: async (isPreview) => (told.ran.push(isPreview), { isPreview }),
      describe: (_report, isPreview) => (isPreview ? 'would\n' : 'did\n'),
      isEmpty: () => isEmpty,
    },
    flags,
    io,
  );
  return told;
}

const HOW = 'nothing is changed yet: --yes does it\n';

test.each<[string, SureFlags, boolean | null, Partial<Told>]>([
  ['a script that says nothing', {}, null, { ran: [true], out: `would\n${HOW}` }],
  ['a script that is sure', { yes: true }, null, { ran: [false], out: 'did\n' }],
  ['a program that reads JSON', { json: true }, true, { ran: [true], out: '{"isPreview":true}\n' }],
  ['a dry run, also of somebody who is sure', { yes: true, dryRun: true }, true, { ran: [true], out: `would\n${HOW}` }],
  ['a person who says yes', {}, true, { ran: [true, false], out: 'would\ndid\n', err: '' }],
  ['a person who says no', {}, false, { ran: [true], out: 'would\n', err: 'nothing was changed\n' }],
  ['a person who is sure', { yes: true }, false, { ran: [false], out: 'did\n' }],
])('%s', async (_who, flags, answer, expected) => {
  expect(await tell(flags, answer)).toMatchObject(expected);
});

test('where there is nothing to do nobody is asked', async () => {
  expect(await tell({}, true, true)).toEqual({ out: 'would\n', err: '', ran: [true] });
});

function terminal(isTTY: boolean): {
  readonly stdin: PassThrough;
  readonly said: () => string;
  readonly process: never;
} {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY }));
  let said = '';
  stderr?.on('data', (text: Buffer) => (said += text.toString()));
  return { stdin: stdin as PassThrough, said: () => said, process: { stdin, stderr } as never };
}

test.each([
  ['y\n', true],
  ['YES\n', true],
  ['\n', false],
  ['yesterday\n', false],
  ['', false],
])('the answer %j means %s', async (typed, meant) => {
  const { stdin, said, process } = terminal(true);
  const asked = terminalAsk(process, new AbortController().signal)?.('Do it?');
  stdin.end(typed);
  expect(await asked).toBe(meant);
  expect(said()).toBe('Do it? [y/N] ');
});

test('who is interrupted while asked has not said yes, and where no terminal is nobody is asked', async () => {
  const interrupt = new AbortController();
  const asked = terminalAsk(terminal(true).process, interrupt.signal)?.('Do it?');
  interrupt.abort();
  await expect(asked).rejects.toThrow('aborted');
  expect(terminalAsk(terminal(false).process, interrupt.signal)).toBeUndefined();
});
