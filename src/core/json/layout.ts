/** How JSON text is laid out: rendering values in a given style, and reading the style that a text has. */
import { isSpan, openDraft, type Draft } from './draft.ts';
import { endOfString, kindOf, rawOf, rootSpan, skipSpace, type Span } from './spans.ts';

interface Style {
  /** One step of indent. */
  readonly unit: string;
  readonly eol: string;
  /** Between key and value, and between entries of one line. */
  readonly colon: string;
  readonly comma: string;
}

/** Where a value stands: the indent of its line, or null when all of it belongs into one line. */
export interface Spot {
  readonly style: Style;
  readonly indent: string | null;
}

/** As JSON.stringify(value, null, 2) lays it out. */
const PLAIN: Style = { unit: '  ', eol: '\n', colon: ': ', comma: ', ' };

/** The text of a new document: two spaces a level, a newline at the end, every number and string as it was spelled. */
export const layOut = (text: string, unit: string = PLAIN.unit): string =>
  `${render(rootSpan(text), { style: { ...PLAIN, unit }, indent: '' })}\n`;

/** A value in one line without spaces. */
export const compact = (draft: Draft): string =>
  render(draft, { style: { ...PLAIN, colon: ':', comma: ',' }, indent: null });

export function render(draft: Draft, spot: Spot): string {
  const opened = openDraft(draft);
  if (isSpan(opened)) return rawOf(opened);
  const inner = deeper(spot);
  if ('items' in opened)
    return enclose(
      '[',
      opened.items.map((item) => render(item, inner)),
      ']',
      spot,
    );
  const members = [...opened.members].map(([key, value]) => renderMember(key, value, inner));
  return enclose('{', members, '}', spot);
}

export const renderMember = (key: string, value: Draft, spot: Spot): string =>
  `${JSON.stringify(key)}${spot.style.colon}${render(value, spot)}`;

/** The spot of what stands in a container at this one. */
export const deeper = ({ style, indent }: Spot): Spot => ({
  style,
  indent: indent === null ? null : indent + style.unit,
});

function enclose(open: string, entries: readonly string[], close: string, { style, indent }: Spot): string {
  if (entries.length === 0) return open + close;
  if (indent === null) return open + entries.join(style.comma) + close;
  const line = style.eol + indent;
  return `${open}${line}${style.unit}${entries.join(`,${line}${style.unit}`)}${line}${close}`;
}

const hasLineBreak = (text: string): boolean => /[\r\n]/.test(text);

export const spansLines = (span: Span): boolean => hasLineBreak(rawOf(span));

/** The style of a whole text and the spot of its outermost value. */
export function spotOfText(text: string): Spot {
  const root = rootSpan(text);
  const [eol = PLAIN.eol] = /\r\n|\n|\r/.exec(text) ?? [];
  const colon = colonOf(root) ?? PLAIN.colon;
  const comma = colon.endsWith(' ') ? ', ' : ',';
  if (isEmpty(root)) return { style: { ...PLAIN, eol }, indent: '' };
  if (!spansLines(root)) return { style: { unit: PLAIN.unit, eol, colon, comma }, indent: null };
  const startsOwnLine = /^[ \t]*[\r\n]/.test(text.slice(root.start + 1));
  const [, unit = startsOwnLine ? '' : PLAIN.unit] = /[\r\n]([ \t]+)[^\s]/.exec(text) ?? [];
  return { style: { unit, eol, colon, comma }, indent: '' };
}

const isEmpty = ({ text, start, end }: Span): boolean =>
  '{['.includes(text[start] ?? '') && skipSpace(text, start + 1) === end - 1;

/** What stands between the first key of an object and its value. */
function colonOf(span: Span): string | null {
  if (kindOf(span) !== 'object' || isEmpty(span)) return null;
  const keyEnd = endOfString(span.text, skipSpace(span.text, span.start + 1));
  const colon = span.text.slice(keyEnd, skipSpace(span.text, skipSpace(span.text, keyEnd) + 1));
  return hasLineBreak(colon) ? null : colon;
}
