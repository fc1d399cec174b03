import { createRequire } from 'node:module';

/** Of the package, whether it runs from src or from dist: both lie beside package.json. */
export const VERSION = (createRequire(import.meta.url)('../package.json') as { readonly version: string }).version;
