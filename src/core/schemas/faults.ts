/** From the errors of a validator to the faults that people see: in document order, with places, not too many. */
import type { ErrorObject } from 'ajv';
import type { Fault } from '../events.ts';
import { placeOf } from '../json/places.ts';
import { below, parsePointer } from '../json/pointer.ts';
import { detailOf } from './wording.ts';

/** More faults than this help nobody, and each costs a pass over the text. */
const MAX_FAULTS = 50;

/** `text` is the JSON text of `value`; without it the faults have no lines. */
export function faultsOf(errors: readonly ErrorObject[], value: unknown, text?: string): Fault[] {
  const rank = ranking(value);
  const faults = new Map<string, Fault & { readonly pointer: string }>();
  for (const error of errors) {
    const fault = { code: codeOf(error.keyword), detail: detailOf(error), pointer: pointerOf(error) };
    faults.set(`${fault.pointer} ${fault.detail}`, fault);
  }
  const ordered = [...faults.values()].map((fault) => ({ fault, ranks: rank(fault.pointer) }));
  return ordered
    .toSorted((a, b) => compare(a.ranks, b.ranks))
    .slice(0, MAX_FAULTS)
    .map(({ fault }) => (text === undefined ? fault : { ...fault, ...placeOf(text, fault.pointer) }))
    .toSorted((a, b) => lineOf(a) - lineOf(b));
}

const codeOf = (keyword: string): string => `schema_${keyword === 'false schema' ? 'false' : keyword}`;

/** An unknown property is at fault itself, not the object that has it. */
const pointerOf = ({ keyword, instancePath, params }: ErrorObject): string =>
  keyword === 'additionalProperties' ? below(instancePath, String(params['additionalProperty'])) : instancePath;

const lineOf = (fault: Fault): number => fault.line ?? 0;

/** Positions of a value's ancestors and itself among their siblings: their order is the order of the document. */
function ranking(root: unknown): (pointer: string) => number[] {
  const positions = new Map<object, Map<string, number>>();
  const positionsIn = (value: object): Map<string, number> => {
    const known = positions.get(value) ?? new Map(Object.keys(value).map((name, index) => [name, index]));
    positions.set(value, known);
    return known;
  };
  return (pointer) => {
    let value = root;
    return (parsePointer(pointer) ?? []).map((token) => {
      if (typeof value !== 'object' || value === null) return 0;
      const parent = value as Record<string, unknown>;
      value = parent[token];
      return positionsIn(parent).get(token) ?? 0;
    });
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, position] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (position !== other) return position - other;
  }
  return a.length - b.length;
}
