import { AttuneError } from '@attune/gpu';
import { parseExactJson } from '@attune/tokenizer';
import type { Line } from './lines.ts';
import { notUtf8 } from './lines.ts';
import { printable, printableValue } from './printable.ts';
import type { Row } from './read-rows.ts';
import { checkWellFormed, mayBeIllFormed } from './well-formed.ts';

const largestJson = 2 ** 29;

/** Rows of JSON Lines: an object a line. Blank lines are passed over. */
export async function* parseJsonLines(
  lines: AsyncIterable<Line>,
  name: string,
): AsyncGenerator<Row> {
  for await (const { text, number, ended } of lines) {
    if (text.trim() === '') continue;
    const row = asRow(parseLine(text, name, number, ended), `Line ${number} of ${name}`);
    if (mayBeIllFormed(text)) checkColumns(row, `Line ${number} of ${name}: the column`);
    yield row;
  }
}

/** Rows of a JSON file: an array of objects, or an object that holds one in one of its fields. */
export async function* parseJsonArray(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Row> {
  const text = await readText(chunks, name);
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (cause) {
    throw new AttuneError(
      'invalid-json',
      `${name} is not JSON: ${printable((cause as Error).message, 200)}${lineOf(text, cause)}.`,
      'Mend the file, or write one object a line and name it .jsonl.',
      { cause },
    );
  }
  const rows = Array.isArray(value) ? value : arrayField(value);
  if (!rows) throw notRows(name, text);
  const suspicious = mayBeIllFormed(text);
  for (const [i, value] of rows.entries()) {
    const row = asRow(value, `Row ${i + 1} of ${name}`);
    if (suspicious) checkColumns(row, `Row ${i + 1} of ${name}: the column`);
    yield row;
  }
}

function checkColumns(row: Row, where: string): void {
  for (const [column, value] of Object.entries(row)) {
    checkWellFormed(value, `${where} ${printable(column)}`);
  }
}

function parseLine(text: string, name: string, number: number, ended: boolean): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw new AttuneError(
      'invalid-json',
      `Line ${number} of ${name} is not JSON (${printable((cause as Error).message, 200)}). It begins: ${printable(text)}`,
      ended
        ? 'Mend or delete the line; each line holds one JSON object.'
        : 'It is the last line and has no line break: the file may be cut off. Copy it again.',
      { cause },
    );
  }
}

function asRow(value: unknown, where: string): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  const found = Array.isArray(value) ? 'a list' : printableValue(value);
  throw new AttuneError(
    'data-row-not-object',
    `${where} is ${found}, not an object with named fields.`,
    'Write rows such as {"text": "…"} or {"prompt": "…", "completion": "…"}.',
  );
}

async function readText(chunks: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts: string[] = [];
  let length = 0;
  let line = 1;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > largestJson) {
      throw new AttuneError(
        'data-too-large',
        `${name} is a JSON array of more than ${largestJson} bytes, which must be held in memory at once.`,
        'Write it as JSON Lines (one object a line), which is read row by row.',
      );
    }
    parts.push(decodePart(decoder, chunk, name, line));
    for (const byte of chunk) if (byte === 0x0a) line++;
  }
  parts.push(decodePart(decoder, undefined, name, line));
  return parts.join('');
}

function decodePart(
  decoder: TextDecoder,
  chunk: Uint8Array | undefined,
  name: string,
  line: number,
): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw notUtf8(name, line, cause);
  }
}

function arrayField(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const lists = Object.values(value).filter((field) => Array.isArray(field));
  return lists.length === 1 && typeof lists[0]![0] === 'object' ? lists[0] : undefined;
}

function lineOf(text: string, cause: unknown): string {
  const position = /position (\d+)/.exec((cause as Error).message)?.[1];
  return position ? `, line ${text.slice(0, Number(position)).split('\n').length}` : '';
}

function notRows(name: string, text: string): AttuneError {
  return new AttuneError(
    'data-row-not-object',
    `${name} holds no list of rows. It begins: ${printable(text)}`,
    'Write a JSON array of objects, or one object a line in a file that ends in .jsonl.',
  );
}
