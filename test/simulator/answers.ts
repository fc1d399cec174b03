/** What readers are told: never anything broken, and after a rebuild from nothing the same as before. */
import { isDeepStrictEqual } from 'node:util';
import { digestOf } from '../../src/core/digest.ts';
import type { Problem } from '../../src/core/problems.ts';
import { classify, isStreamId, pathOf } from '../../src/core/refs.ts';
import type { FeedEvent, CurrentAnswer } from '../../src/core/requests.ts';
import type { Larder } from '../../src/larder-types.ts';
import type { Machine } from './machine.ts';
import type { FoldedHead } from './verdicts.ts';

type Wait = <T>(promise: PromiseLike<T>) => Promise<T>;

/** What was answered, by what was asked. */
export interface Answers {
  readonly reads: ReadonlyMap<string, CurrentAnswer>;
  readonly others: ReadonlyMap<string, unknown>;
}

const MANY = 1000;

/** Asks a Larder at rest everything about every document that ever was. */
export async function allAnswers(larder: Larder, told: readonly FeedEvent[], wait: Wait): Promise<Answers> {
  const reads = new Map<string, CurrentAnswer>();
  const others = new Map<string, unknown>();
  const paths = new Set(told.map(pathOf));
  for (const path of paths) {
    const meaning = classify(path);
    if (meaning.kind !== 'document' && meaning.kind !== 'stream') continue;
    const ref = { collection: meaning.collection, id: meaning.id };
    reads.set(path, held(await wait(larder.read(ref))));
    others.set(`the history of ${path}`, larder.history(ref, { before: null, limit: MANY }));
  }
  for (const { name } of larder.namespaces()) {
    for (const summary of larder.collections(name) ?? []) {
      const collection = `${name}/${summary.name}`;
      others.set(`the count of ${collection}`, summary);
      others.set(`the list of ${collection}`, larder.list(collection, { limit: MANY, prefix: null, cursor: null }));
    }
  }
  const { items } = larder.problems({ collection: null, limit: MANY, cursor: null });
  others.set('the problems', items.map(withoutSince));
  return { reads, others };
}

/** A stream that is served from its file, read to its end. */
function held(answer: CurrentAnswer): CurrentAnswer {
  if (answer.kind !== 'open') return answer;
  const { kind: _, size, read, close, ...rest } = answer;
  const bytes = read(0, size);
  close();
  return { kind: 'served', ...rest, bytes };
}

/** Since when a document does not fit its schema is known to the catalog alone. */
function withoutSince(problem: Problem): Partial<Problem> {
  const { since: _, ...rest } = problem;
  return rest;
}

/** I1: `rebuild` from nothing answers everything the same. */
export function compareAnswers(before: Answers, after: Answers): string[] {
  const all = ({ reads, others }: Answers): Map<string, unknown> => new Map<string, unknown>([...reads, ...others]);
  const [first, second] = [all(before), all(after)];
  return [...new Set([...first.keys(), ...second.keys()])].flatMap((asked) => {
    const [was, is] = [first.get(asked), second.get(asked)];
    return isDeepStrictEqual(was, is) ? [] : [`I1 after a rebuild ${asked} is ${told(is)}, was ${told(was)}`];
  });
}

const told = (answer: unknown): string =>
  JSON.stringify(answer, (_, value: unknown) => (value instanceof Uint8Array ? digestOf(value) : value)) ?? 'nothing';

/** I4: a broken file, or one that does not fit, changes no answer but by its mark. */
export function judgeReads(machine: Machine, { reads }: Answers, folded: ReadonlyMap<string, FoldedHead>): string[] {
  return [...reads].flatMap(([path, answer]) => {
    const served = folded.get(path)?.served ?? null;
    if (answer.kind !== 'served')
      return served === null ? [] : [`I4 ${path} is not served; its last good version is ${machine.nameOf(served)}`];
    const digest = digestOf(answer.bytes);
    const name = machine.nameOf(digest);
    const complaints = judgeAnswer(path, answer);
    if (digest !== served) complaints.push(`I4 ${path} is served as ${name}, its last good version is another`);
    if (digest !== machine.digestAt(path) && answer.mark === null)
      complaints.push(`I4 ${path} is served as ${name} without a mark; the file is another`);
    return complaints;
  });
}

/** At any moment: what is served is a document. */
export const judgeAnswer = (path: string, answer: CurrentAnswer): string[] =>
  answer.kind === 'served' && !isStreamId(path) && !isDocument(answer.bytes)
    ? [`I4 ${path} is answered with bytes that are no document`]
    : [];

/** Never stale, never silent: what is served unmarked lay there at some moment between the question and the answer. `asked`: how many states there had been. */
export function judgeFresh(machine: Machine, path: string, answer: CurrentAnswer, asked: number): string[] {
  const mark = answer.kind === 'served' || answer.kind === 'open' ? answer.mark : null;
  if (answer.kind === 'problem' || mark !== null) return [];
  const digest = answer.kind === 'missing' ? null : answer.etag;
  const states = machine.timeline.states(path);
  const lay = [states[asked - 1]?.digest ?? null, ...states.slice(asked).map((state) => state.digest)];
  return lay.includes(digest) ? [] : [`I4 ${path} was answered as ${machine.nameOf(digest)}, which did not lie there`];
}

function isDocument(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
