/** A refusal as a person reads it: what, why, where, and what to do. It says what the problem document of HTTP says. */
import type { LarderError } from '../core/errors.ts';
import type { Fault } from '../core/events.ts';

const MOST_PLACES = 10;

export function sayRefusal(error: LarderError): string {
  const { title } = error.meaning;
  return [`larder: ${title}: ${error.message}`, ...placesOf(error), ...hintOf(error)]
    .map((line) => `${line}\n`)
    .join('');
}

/** What is wrong where, but for what the message has said already. */
function placesOf({ errors, message }: LarderError): string[] {
  const others = errors.filter(({ detail }) => !message.includes(detail));
  const more = others.length > MOST_PLACES ? [`  … and ${others.length - MOST_PLACES} more`] : [];
  return [...others.slice(0, MOST_PLACES).map((fault) => `  ${sayFault(fault)}`), ...more];
}

function sayFault({ path, line, column, pointer, detail }: Fault): string {
  const place = [path, line, column].filter((part) => part !== undefined).join(':');
  return [place, pointer, detail].filter((part) => part !== undefined && part !== '').join(' ');
}

/** The detail has been said. */
const hintOf = ({ hint }: LarderError): string[] => (hint === 'See detail.' ? [] : [`  ${hint}`]);
