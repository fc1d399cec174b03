/** Paths below the root, as text: where they lie to each other. '' is the root itself. */

/** The directory of a path. */
export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** Whether a path is this place, or lies below it. */
export const isAtOrBelow = (path: string, place: string): boolean =>
  place === '' || path === place || path.startsWith(`${place}/`);

/** The directories on the way to one, itself the last; the root is not among them. */
export function directoriesDownTo(directory: string): string[] {
  const names = directory === '' ? [] : directory.split('/');
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}
