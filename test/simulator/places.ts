/** What lies where in a simulated root. */
export interface Places {
  /** Documents that one is changed of at a time. */
  readonly documents: readonly string[];
  readonly stream: string;
  readonly schema: string;
  /** Documents of a collection that is large enough to be held (DESIGN 3.9); none in most lives. */
  readonly masses: readonly string[];
}

const DOCUMENTS = ['ns/c/a.json', 'ns/c/b.json', 'ns/c/d/e.json', 'ns/c/d/f.json', 'ns/g/h.json', 'ns/g/i/j.json'];
export const MASS = 'ns/m';
const MASS_SIZE = 11;

/** A few of them are changed one at a time, too. */
const ALSO_ALONE = 2;

export function placesOf(hasMasses: boolean): Places {
  const masses = hasMasses ? Array.from({ length: MASS_SIZE }, (_, index) => `${MASS}/${index}.json`) : [];
  return {
    documents: [...DOCUMENTS, ...masses.slice(0, ALSO_ALONE)],
    stream: 'ns/c/runs.jsonl',
    schema: 'ns/c/_schema.json',
    masses,
  };
}
