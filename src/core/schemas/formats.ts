/**
 * The formats that are checked. Dates and times are ours, to the letter of RFC 3339, because queries compare them as
 * instants later; the rest is ajv-formats', whose expressions take linear time. Every other name in `format` is an
 * annotation (2020-12 validation §7.2.3), which the schema's warnings say.
 */
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { Format } from 'ajv';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i;
const DURATION_OF_DAY = '(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)';
const DURATION = new RegExp(
  `^P(?:\\d+W|(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)(?:T${DURATION_OF_DAY})?|T${DURATION_OF_DAY})$`,
);
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** full-date of RFC 3339 §5.6, in the Gregorian calendar. */
function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

const daysOf = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
};

/** full-time of RFC 3339 §5.6: with an offset, and with a leap second only where one can be, at 23:59:60 UTC. */
function isTime(text: string): boolean {
  const [, hour = 0, minute = 0, second = 0, sign, ...offset] = TIME.exec(text) ?? [];
  if (!TIME.test(text) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return false;
  const [offsetHour, offsetMinute] = [Number(offset[0] ?? 0), Number(offset[1] ?? 0)];
  if (offsetHour > 23 || offsetMinute > 59) return false;
  if (Number(second) < 60) return true;
  const utc = Number(hour) * 60 + Number(minute) - (sign === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  return (utc + 1440) % 1440 === 1439;
}

/** date-time of RFC 3339 §5.6. */
const isDateTime = (text: string): boolean => {
  const at = text.search(/t/i);
  return at === 10 && isDate(text.slice(0, at)) && isTime(text.slice(at + 1));
};

const borrowed = ['email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uri-template', 'json-pointer'] as const;

export const FORMATS: Readonly<Record<string, Format>> = {
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  duration: DURATION,
  uuid: UUID,
  ...Object.fromEntries(borrowed.map((name) => [name, fullFormats[name]])),
  'relative-json-pointer': fullFormats['relative-json-pointer'],
  regex: fullFormats.regex,
};
