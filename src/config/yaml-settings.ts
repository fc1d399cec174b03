/** larder.yaml as settings: each leaf by its dotted path, with the place where it stands. */
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type YAMLMap } from 'yaml';
import type { Fault } from '../core/events.ts';
import { nearestName } from '../util/nearest-name.ts';
import { isSettingName, NOT_OFFERED, SETTING_NAMES, type SettingName } from './settings.ts';

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Leaf {
  readonly name: SettingName;
  readonly value: unknown;
  readonly place: Place;
}

export interface YamlSettings {
  readonly leaves: readonly Leaf[];
  readonly faults: readonly Fault[];
}

interface Reading {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly leaves: Leaf[];
  readonly faults: Fault[];
}

/** Never throws: what cannot be read is a fault. */
export function readYamlSettings(text: string): YamlSettings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const reading: Reading = { document, lines, leaves: [], faults: [] };
  for (const error of document.errors) {
    reading.faults.push({ code: 'yaml_syntax', detail: firstLine(error.message), ...placeOf(lines, error.pos[0]) });
  }
  if (reading.faults.length === 0) readTop(reading);
  return reading;
}

const firstLine = (message: string): string => message.split(/ at line |\n/, 1)[0] ?? message;

const placeOf = (lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
};

const offsetOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;

function readTop(reading: Reading): void {
  const { contents } = reading.document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return;
  if (isMap(contents)) readMap(reading, contents, '');
  else {
    const place = placeOf(reading.lines, offsetOf(contents));
    reading.faults.push({ code: 'not_a_map', detail: 'settings are written as `name: value`', ...place });
  }
}

function readMap(reading: Reading, map: YAMLMap, prefix: string): void {
  for (const { key, value } of map.items) {
    const name = prefix + String(isScalar(key) ? key.value : key);
    readPair(reading, name, value, placeOf(reading.lines, offsetOf(key)));
  }
}

function readPair(reading: Reading, name: string, node: unknown, place: Place): void {
  if (isGroup(name) && isMap(node)) return readMap(reading, node, `${name}.`);
  const value = valueOf(reading, node, place);
  if (isSettingName(name)) reading.leaves.push({ name, value, place: placeOf(reading.lines, offsetOf(node)) });
  else if (!isGroup(name) && !NOT_OFFERED.includes(name)) reading.faults.push(unknownKey(name, place));
  else if (value !== null) reading.faults.push(isGroup(name) ? notAMap(name, place) : notOffered(name, place));
}

/** An alias without its anchor, or one that stands for a billion nodes, throws here (yaml, `maxAliasCount`). */
function valueOf(reading: Reading, node: unknown, place: Place): unknown {
  try {
    return (node as Node | null)?.toJS(reading.document) ?? null;
  } catch (error) {
    reading.faults.push({
      code: 'yaml_alias',
      detail: error instanceof Error ? error.message : String(error),
      ...place,
    });
    return null;
  }
}

const notAMap = (name: string, place: Place): Fault => ({
  code: 'not_a_map',
  detail: `${name} holds settings of its own, as \`name: value\``,
  ...place,
});

const notOffered = (name: string, place: Place): Fault => ({
  code: 'not_offered',
  detail: `${name} is not offered by this version; take it out`,
  ...place,
});

const isGroup = (name: string): boolean =>
  [...SETTING_NAMES, ...NOT_OFFERED].some((known) => known.startsWith(`${name}.`));

function unknownKey(name: string, place: Place): Fault {
  const near = nearestName(lastPart(name), [...fullNameByLastPart.keys()]);
  const hint =
    near === null ? `known are ${SETTING_NAMES.join(', ')}` : `did you mean ${fullNameByLastPart.get(near)}?`;
  return { code: 'unknown_key', detail: `${name} is no setting; ${hint}`, ...place };
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** People forget the group as easily as they swap letters: `prot` at the top means listen.port. */
const fullNameByLastPart = new Map(
  [...NOT_OFFERED, ...SETTING_NAMES.map((name) => name.split('.')[0] ?? name), ...SETTING_NAMES].map((name) => [
    lastPart(name),
    name,
  ]),
);
