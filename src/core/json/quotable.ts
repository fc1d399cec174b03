/**
 * JSON text as a value that can stand in another JSON text: `JSON.stringify` spells its numbers as they were, which the values
 * of `JSON.parse` cannot promise (tc39/proposal-json-parse-with-source, in Node from 21 on; our `lib` does not know it yet).
 */
interface SourceAware {
  rawJSON(text: string): unknown;
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown): unknown;
}

const json = JSON as unknown as SourceAware;

export const quotable = (text: string): unknown =>
  json.parse(text, (_, value, { source }) => (typeof value === 'number' ? json.rawJSON(source) : value));
