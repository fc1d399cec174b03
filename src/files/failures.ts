/** What a failed call of the file system says about a path. Only ENOENT and ENOTDIR ever mean that nothing is there. */

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EUNKNOWN';

/** The machine is short of something just now; nothing is said about the path. */
const SHORTAGE = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EBUSY', 'ETXTBSY']);

/** The name changed its meaning between two of our calls. ELOOP: O_NOFOLLOW met a symlink. */
const MOVED = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE', 'EISDIR']);

export const isShortage = (error: unknown): boolean => SHORTAGE.has(codeOf(error));

export const hasMoved = (error: unknown): boolean => MOVED.has(codeOf(error));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
