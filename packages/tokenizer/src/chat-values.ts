import { AttuneError } from '@attune/gpu';
import { writtenIn } from './exact-json.ts';
import { whole } from './jinja/numbers.ts';
import type { Value } from './jinja/values.ts';
import { Dict, Float } from './jinja/values.ts';

const depthLimit = 200;

/**
 * A JavaScript value as the Python value that a template sees: whole numbers are int, others float,
 * but for numbers that {@link writtenIn} or a `Number` object say otherwise; a bigint is an int.
 * What JSON has no form of (bytes, dates) is a placeholder, as in transformers: templates only ask
 * whether it is there.
 *
 * @throws AttuneError `chat-number-inexact`, `chat-template-refused`
 */
export function toPython(value: unknown, depth = 0): Value {
  if (depth > depthLimit) {
    throw new AttuneError(
      'chat-template-refused',
      `The conversation holds values nested more than ${depthLimit} deep, or in a circle.`,
      'Flatten the row: no template writes such a value.',
    );
  }
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return fromNumber(value);
    case 'bigint':
      return whole(value);
  }
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return `<${typeof value}>`;
  if (Array.isArray(value)) {
    const numbers = writtenIn(value)?.numbers;
    return value.map((item, i) => fromText(numbers?.get(String(i))) ?? toPython(item, depth + 1));
  }
  if (value instanceof Number) return new Float(Number(value));
  if (ArrayBuffer.isView(value)) return '<bytes>';
  if (value instanceof Date) return '<datetime>';
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return '<object>';
  const note = writtenIn(value);
  const dict = new Dict();
  for (const key of note?.keys ?? Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    dict.set(key, fromText(note?.numbers.get(key)) ?? toPython(member, depth + 1));
  }
  return dict;
}

function fromNumber(value: number): Value {
  if (!Number.isInteger(value)) return new Float(value);
  if (Number.isSafeInteger(value)) return value + 0;
  throw new AttuneError(
    'chat-number-inexact',
    `A conversation holds the number ${value}, of which JavaScript has only the first 16 digits.`,
    'Give it as a bigint, or as text; a float of that size as new Number(…). Rows of JSON files are read with all digits.',
  );
}

function fromText(text: string | undefined): Value | undefined {
  if (text === undefined) return undefined;
  return /[.e]/i.test(text) ? new Float(Number(text)) : whole(BigInt(text));
}
