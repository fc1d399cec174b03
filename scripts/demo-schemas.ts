/** What holds for every document of the demo, and how its collections refer to each other. */
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;

/** By collection; github/webhooks has none, to show what that is like. */
export const DEMO_SCHEMAS: Readonly<Record<string, unknown>> = {
  'security/weaknesses': {
    $schema: DIALECT,
    title: 'Weakness',
    description: 'An entry of the Common Weakness Enumeration',
    type: 'object',
    required: ['attr', 'Description', 'Mapping_Notes'],
    properties: {
      attr: {
        type: 'object',
        required: ['@_ID', '@_Name', '@_Abstraction', '@_Status'],
        properties: {
          '@_ID': { type: 'string', pattern: '^[0-9]+$' },
          '@_Name': text,
          '@_Abstraction': { enum: ['Pillar', 'Class', 'Base', 'Variant', 'Compound'] },
          '@_Status': text,
        },
      },
      Description: text,
      Extended_Description: { type: ['string', 'object'] },
      Likelihood_Of_Exploit: { enum: ['High', 'Medium', 'Low', 'Unknown'] },
    },
    'x-larder': { search: { 'attr.@_Name': 3, Description: 2, Extended_Description: 1 } },
  },
  'web/features': {
    $schema: DIALECT,
    title: 'Web feature',
    type: 'object',
    required: ['name', 'description', 'spec', 'status'],
    properties: {
      name: text,
      description: text,
      description_html: text,
      spec: { type: 'array', items: { type: 'string', format: 'uri' }, minItems: 1 },
      group: texts,
      snapshot: texts,
      caniuse: texts,
      compat_features: texts,
      status: {
        type: 'object',
        required: ['baseline', 'support'],
        properties: {
          baseline: { enum: ['high', 'low', false] },
          baseline_low_date: text,
          baseline_high_date: text,
          support: { type: 'object', additionalProperties: text },
        },
      },
    },
    'x-larder': {
      indexes: ['status.baseline'],
      references: { group: { to: 'web/groups' }, snapshot: { to: 'web/snapshots' } },
      search: { name: 3, description: 1 },
    },
  },
  'web/groups': {
    $schema: DIALECT,
    title: 'Group of web features',
    type: 'object',
    required: ['name'],
    properties: { name: text, parent: text },
    'x-larder': { references: { parent: { to: 'web/groups' } } },
  },
  'web/snapshots': {
    $schema: DIALECT,
    title: 'Edition of a standard',
    type: 'object',
    required: ['name', 'spec'],
    properties: { name: text, spec: { type: 'string', format: 'uri' } },
  },
  'world/countries': {
    $schema: DIALECT,
    title: 'Country',
    type: 'object',
    required: ['name', 'cca2', 'cca3', 'region', 'latlng', 'area'],
    properties: {
      name: { type: 'object', required: ['common', 'official'], properties: { common: text, official: text } },
      cca2: { type: 'string', pattern: '^[A-Z]{2}$' },
      cca3: { type: 'string', pattern: '^[A-Z]{3}$' },
      region: text,
      subregion: text,
      capital: texts,
      languages: { type: 'object', additionalProperties: text },
      borders: texts,
      latlng: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
      landlocked: { type: 'boolean' },
      area: { type: 'number' },
    },
    'x-larder': { id: 'field:cca3', unique: ['cca2'], references: { borders: { to: 'world/countries' } } },
  },
};
