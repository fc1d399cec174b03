/**
 * Requests as a table: what is sent, what must come back, and the events that it must cause. The list of events is whole: any
 * other event fails the scenario.
 */
import { expect, test } from 'vitest';
import type { FeedEvent } from '../../src/core/requests.ts';
import type { Answer, RequestOptions } from './client.ts';
import { openWorld, type Files, type World } from './world.ts';

export interface Scenario extends RequestOptions {
  /** A sentence true of the product. */
  readonly name: string;
  readonly files?: Files;
  /** What happened before; its events do not count. */
  readonly prepare?: (world: World) => Promise<unknown>;
  /** `METHOD /path` */
  readonly ask: string;
  /** Headers that depend on what is there. */
  readonly headersOf?: (world: World) => Promise<Readonly<Record<string, string>>>;
  readonly status: number;
  /** Headers of the answer: exact, or a pattern; null: must not be there. */
  readonly answers?: Readonly<Record<string, string | RegExp | null>>;
  /** Members that the JSON body must have; arrays in full. */
  readonly json?: object;
  readonly text?: string | RegExp;
  /** `op collection/id` of each event, in order. Left out: none. */
  readonly events?: readonly string[];
}

export function testScenarios(scenarios: readonly Scenario[]): void {
  test.each(scenarios)('$name', async (scenario) => {
    await using world = await openWorld(scenario.files === undefined ? {} : { files: scenario.files });
    await scenario.prepare?.(world);
    const { seq } = world.larder;
    const [method = '', path = ''] = scenario.ask.split(' ', 2);
    const headers = { ...scenario.headers, ...(await scenario.headersOf?.(world)) };
    const answer = await world.ask(method, path, { ...scenario, headers });
    check(answer, scenario);
    expect(eventsAfter(world, seq)).toEqual(scenario.events ?? []);
  });
}

function check(answer: Answer, { status, answers = {}, json, text }: Scenario): void {
  expect(answer.status, answer.text).toBe(status);
  if (status >= 400) expect(answer.headers['content-type']).toBe('application/problem+json');
  for (const [name, want] of Object.entries(answers)) {
    const got = answer.headers[name.toLowerCase()];
    if (want === null) expect(got, name).toBeUndefined();
    else if (typeof want === 'string') expect(got, name).toBe(want);
    else expect(got, name).toMatch(want);
  }
  if (json !== undefined) expect(answer.json).toMatchObject(json);
  if (typeof text === 'string') expect(answer.text).toBe(text);
  if (text instanceof RegExp) expect(answer.text).toMatch(text);
}

/** Problems and schema verdicts are left out: what a request causes are changes. */
export function eventsAfter({ larder }: World, seq: number): string[] {
  const page = larder.changes({ kind: 'all' }, { since: seq }, 1000, null);
  const events = page.kind === 'range' ? page.events : [];
  return events.filter((event) => !isGivenFile(event)).map(({ op, collection, id }) => `${op} ${collection}/${id}`);
}

/** What lay below `files/` at the start is recorded once it was quiet for 2 s, whatever is asked meanwhile. */
const isGivenFile = ({ op, collection, cause }: FeedEvent): boolean =>
  op === 'create' && cause === 'hand' && collection.endsWith('/files');
