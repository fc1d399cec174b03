/** What the path of a request addresses, as the handler that routing has found asks for it. */
import { LarderError } from '../../core/errors.ts';
import { FILES, holdsFiles, type DocumentRef } from '../../core/refs.ts';
import type { Address } from '../../core/url-paths.ts';
import type { Exchange } from '../exchange.ts';
import { nearestName } from '../../util/nearest-name.ts';

export const namespaceOf = (exchange: Exchange): string => expectKind(exchange, 'namespace').namespace;

/** `ns/collection` */
export const collectionOf = (exchange: Exchange): string => expectKind(exchange, 'collection').collection;

export const documentOf = (exchange: Exchange): DocumentRef => expectKind(exchange, 'document').ref;

export const fileOf = (exchange: Exchange): { readonly namespace: string; readonly path: string } =>
  expectKind(exchange, 'file');

/** The same as its history knows it: of collection `ns/files`. */
export function fileRefOf(exchange: Exchange): DocumentRef {
  const { namespace, path } = fileOf(exchange);
  return { collection: `${namespace}/${FILES}`, id: path };
}

/** `ns/collection`, where documents can be written: files have ways of their own. */
export function documentsOf(exchange: Exchange): string {
  const collection = collectionOf(exchange);
  if (!holdsFiles(collection)) return collection;
  throw new LarderError('not_found', `${collection} holds files, not documents`, {
    members: { hint: `PUT /v1/${collection}/{path} writes a file.` },
  });
}

type OfKind<K extends Address['kind']> = Extract<Address, { kind: K }>;

function expectKind<K extends Address['kind']>({ target }: Exchange, kind: K): OfKind<K> {
  const { address } = target;
  if (address !== null && isOfKind(address, kind)) return address;
  throw notOffered(target.path, address?.operation[0]);
}

const isOfKind = <K extends Address['kind']>(address: Address, kind: K): address is OfKind<K> => address.kind === kind;

const OPERATIONS = ['_changes', '_problems', '_schema', '_bulk', '_history', '_diff', '_revert', '_batch', '_undo'];

/** For a path that no route takes. */
export function notOffered(path: string, operation: string | undefined): LarderError {
  if (operation === undefined) {
    return new LarderError('not_found', `${path} is not offered`, {
      members: { hint: 'GET /v1 lists the namespaces; /docs shows every route.' },
    });
  }
  const nearest = OPERATIONS.includes(operation) ? null : nearestName(operation, OPERATIONS);
  return new LarderError('not_found', `${operation} is not offered at ${path}`, {
    members: {
      hint: nearest === null ? `Offered are ${OPERATIONS.join(', ')}; /docs shows where.` : `Did you mean ${nearest}?`,
    },
  });
}
