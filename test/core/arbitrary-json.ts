import * as fc from 'fast-check';

/** Keys that JavaScript keeps in their order: none that looks like an array index. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd e', 'f/g', 'h~i', 'é', '"', '\\', '{', 'x:y', 'constructor'),
  fc.string({ maxLength: 4 }).map((s) => `k${s}`),
);

const scalar = fc.oneof(
  fc.constantFrom<null | boolean>(null, true, false),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', '[{', '}"', 'a\nb', 'line,\u2028', ', '),
);

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const { value: anyValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

export const jsonValue: fc.Arbitrary<Json> = anyValue;
export const jsonObject: fc.Arbitrary<{ [key: string]: Json }> = fc.dictionary(key, jsonValue, {
  maxKeys: 5,
  noNullPrototype: true,
});

const numbers = [
  '0',
  '-0',
  '1',
  '1.0',
  '10e-1',
  '100',
  '1E2',
  '12345678901234567890',
  '12345678901234567891',
  '1e400',
  '0.1',
  '1e-7',
];
const space = fc.constantFrom('', '', '', ' ', '\n', '\n  ', '\t', '\r\n', '  ', '\n\n ');

const spelledKey = fc.constantFrom('a', 'b', 'c', 'longer key', '\\u0061b', 'q\\"', '\\u00e9', 'e');
const spelledScalar = fc.oneof(
  fc.constantFrom(...numbers, 'true', 'false', 'null', '"\\u0041"', '"A"', '"\\/,]}"', '"\\\\"', '""', '"é😀"'),
  fc.string({ maxLength: 5 }).map((s) => JSON.stringify(s)),
);

interface Texts {
  value: string;
  object: string;
}

const joined = (entries: readonly string[], open: string, close: string, inside: string): string =>
  open + (entries.length > 0 ? entries.join(',') : inside) + close;

const { object: anyObject } = fc.letrec<Texts>((tie): fc.LetrecValue<Texts> => {
  const padded = fc.tuple(space, tie('value'), space).map((pieces) => pieces.join(''));
  const member = fc.tuple(space, spelledKey, space, padded);
  return {
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      spelledScalar,
      fc.tuple(fc.array(padded, { maxLength: 4 }), space).map(([items, inside]) => joined(items, '[', ']', inside)),
      tie('object') as fc.Arbitrary<string>,
    ),
    object: fc
      .tuple(fc.uniqueArray(member, { maxLength: 4, selector: ([, k]) => JSON.parse(`"${k}"`) as string }), space)
      .map(([members, inside]) =>
        joined(
          members.map(([before, k, after, v]) => `${before}"${k}"${after}:${v}`),
          '{',
          '}',
          inside,
        ),
      ),
  };
});

/** Valid text in every odd layout and spelling. */
export const oddDocument: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', '', '\ufeff'), space, anyObject, space)
  .map((pieces) => pieces.join(''));

/** An object and a later version of it: members changed, gone, or come at the end, so that the order of keys is kept. */
export const objectAndNext = fc
  .tuple(jsonObject, fc.infiniteStream(fc.nat(9)), fc.array(jsonValue, { minLength: 3, maxLength: 3 }))
  .map(([before, dice, fresh]): { before: Json; after: Json } => {
    const roll = (): number => dice.next().value as number;
    let used = 0;
    const next = (): Json => fresh[used++ % fresh.length] ?? null;
    return { before, after: evolve(before, roll, next) };
  });

function evolve(value: Json, roll: () => number, next: () => Json): Json {
  if (Array.isArray(value)) return evolveItems(value, roll, next);
  if (typeof value !== 'object' || value === null) return roll() < 3 ? next() : value;
  const kept = Object.entries(value).filter(() => roll() > 1);
  const entries = kept.map(([k, v]): [string, Json] => [k, evolve(v, roll, next)]);
  return Object.fromEntries(roll() < 3 ? [...entries, [`new${entries.length}`, next()]] : entries);
}

function evolveItems(items: Json[], roll: () => number, next: () => Json): Json[] {
  return items.flatMap((item) => {
    const fate = roll();
    if (fate < 2) return [];
    return fate < 4 ? [next(), item] : [evolve(item, roll, next)];
  });
}
