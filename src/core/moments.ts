/** RFC 3339, 5.6, in upper or lower case; the seconds may be left out as people do. */
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(?:[Zz]|([+\- ])(\d\d):(\d\d))$/;

/**
 * Reads a moment as ms since the epoch; null when it is none. A space stands for `+` before the offset too, because that is
 * what an unescaped `+` in a URL becomes.
 */
export function parseMoment(text: string): number | null {
  const match = rfc3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '00', fraction = '', sign, offsetHour = '00', offsetMinute = '00'] =
    match;
  const offset = sign === undefined ? 'Z' : `${sign === ' ' ? '+' : sign}${offsetHour}:${offsetMinute}`;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${offset}`);
  return Number.isNaN(timeMs) || !isDayOfMonth(Number(year), Number(month), Number(day)) ? null : timeMs;
}

/** `Date.parse` takes the 31st of June for the 1st of July. */
const isDayOfMonth = (year: number, month: number, day: number): boolean =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
