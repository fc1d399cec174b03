/** A name on disk may hold what moves a cursor, or ends a line: a terminal shows it as JSON spells it. */
export const printable = (name: string): string =>
  name.replaceAll(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
