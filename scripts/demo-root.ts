/**
 * A root of real data from npm packages: weaknesses (CWE), web features, webhook payloads, countries. `scripts/demo` serves it;
 * tests and benchmarks build their own.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { DEMO_SCHEMAS } from './demo-schemas.ts';

type Json = Readonly<Record<string, unknown>>;

const { resolve: resolvePackage } = createRequire(import.meta.url);

const readPackageFile = (name: string): unknown => JSON.parse(readFileSync(resolvePackage(name), 'utf8'));

/** Documents by id, for each collection. */
export function demoDocuments(): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const web = readPackageFile('web-features/data.json') as Readonly<
    Record<'features' | 'groups' | 'snapshots', Readonly<Record<string, Json>>>
  >;
  // Entries that only say where a feature went have no content of their own.
  const features = Object.entries(web.features).filter(([, feature]) => feature['kind'] === 'feature');
  return new Map([
    ['security/weaknesses', new Map(Object.entries(readPackageFile('cwe-sdk/raw/cwe-dictionary.json') as Json))],
    ['web/features', new Map(features)],
    ['web/groups', new Map(Object.entries(web.groups))],
    ['web/snapshots', new Map(Object.entries(web.snapshots))],
    ['github/webhooks', webhooks()],
    [
      'world/countries',
      new Map(
        (readPackageFile('world-countries/countries.json') as Json[]).map((country) => [
          String(country['cca3']),
          country,
        ]),
      ),
    ],
  ]);
}

interface WebhookEvent {
  readonly name: string;
  readonly examples: readonly Json[];
}

/** `issues/opened`, `issues/opened-2`, …: a folder for each kind of event. */
function webhooks(): Map<string, unknown> {
  const documents = new Map<string, unknown>();
  for (const { name, examples } of readPackageFile(
    '@octokit/webhooks-examples/api.github.com/index.json',
  ) as WebhookEvent[]) {
    for (const example of examples) documents.set(freeId(documents, `${name}/${actionOf(example)}`), example);
  }
  return documents;
}

const actionOf = ({ action }: Json): string => (typeof action === 'string' ? action : 'event');

function freeId(taken: ReadonlyMap<string, unknown>, wanted: string): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  return id;
}

export interface DemoRoot {
  readonly documents: number;
  readonly collections: number;
}

/** Writes the tree; files that are there are replaced. Takes about a second. */
export function buildDemoRoot(root: string): DemoRoot {
  const collections = demoDocuments();
  let documents = 0;
  for (const [collection, byId] of collections) {
    for (const [id, document] of byId) writeJson(join(root, collection, `${id}.json`), document);
    const schema = DEMO_SCHEMAS[collection];
    if (schema !== undefined) writeJson(join(root, collection, '_schema.json'), schema);
    documents += byId.size;
  }
  return { documents, collections: collections.size };
}

function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

if (import.meta.main) {
  const root = resolve(process.argv[2] ?? '.demo');
  if (existsSync(join(root, 'world'))) console.log(`${root} is built already; delete it to have it built anew`);
  else {
    const { documents, collections } = buildDemoRoot(root);
    console.log(`${documents} documents in ${collections} collections written to ${root}`);
  }
}
