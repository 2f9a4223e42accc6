import { AttuneError } from '@attune/gpu';
import { type ChatMessage, parseExactJson } from '@attune/tokenizer';
import { printable, printableColumns, printableValue } from './printable.ts';
import type { Row } from './read-rows.ts';
import { canonicalJson } from './row-values.ts';
import { checkWellFormed } from './well-formed.ts';

/** TRL's dataset types, as the columns of a row tell them. */
export type ShapeType =
  | 'tokenized'
  | 'language-modeling'
  | 'prompt-only'
  | 'prompt-completion'
  | 'preference'
  | 'unpaired-preference';

export interface Shape {
  type: ShapeType;
  /** The texts are lists of messages, to be rendered by the chat template. */
  conversational: boolean;
}

export interface ShapeOptions {
  /** Column of plain text. Default `text`. */
  datasetTextField?: string | undefined;
}

/** The columns of each shape, as error messages tell them. */
export const shapeColumns: Record<ShapeType, string> = {
  tokenized: 'input_ids',
  'language-modeling': 'text, or messages, or conversations',
  'prompt-only': 'prompt',
  'prompt-completion': 'prompt and completion',
  preference: 'chosen and rejected, best with prompt',
  'unpaired-preference': 'prompt, completion and label',
};

/**
 * The shape of a row by its columns; empty (null) columns count as absent.
 *
 * @throws AttuneError `data-shape-unknown`
 * @see https://huggingface.co/docs/trl/dataset_formats
 */
export function detectShape(row: Row, { datasetTextField = 'text' }: ShapeOptions = {}): Shape {
  const has = (column: string): boolean => row[column] !== undefined && row[column] !== null;
  const shape = (type: ShapeType, column: string): Shape => ({
    type,
    conversational: isConversation(row[column]),
  });
  if (has('input_ids')) return { type: 'tokenized', conversational: false };
  if (has('chosen') && has('rejected')) return shape('preference', 'chosen');
  if (has('prompt') && has('completion')) {
    const labelled = typeof row.label === 'boolean';
    return shape(labelled ? 'unpaired-preference' : 'prompt-completion', 'prompt');
  }
  if (has('prompt')) return shape('prompt-only', 'prompt');
  if (has('messages')) return shape('language-modeling', 'messages');
  if (has('conversations')) return { type: 'language-modeling', conversational: true };
  if (has(datasetTextField)) return { type: 'language-modeling', conversational: false };
  throw shapeError(
    row,
    'matches no shape',
    Object.keys(shapeColumns) as ShapeType[],
    datasetTextField,
  );
}

/** What the shape of a row is called where rows are compared. */
export function shapeName(row: Row, options: ShapeOptions = {}): string {
  const { type, conversational } = detectShape(row, options);
  const masks = ['labels', 'assistant_masks', 'completion_mask', 'seq_lengths'].filter(
    (column) => row[column] !== undefined && row[column] !== null,
  );
  const also = type === 'tokenized' && masks.length > 0 ? ` (with ${masks.join(', ')})` : '';
  return `${conversational ? 'conversational' : 'plain'} ${type}${also}`;
}

/** Columns whose content is what a row is about. */
const contentColumns = [
  'input_ids',
  'text',
  'messages',
  'conversations',
  'prompt',
  'completion',
  'chosen',
  'rejected',
];

/**
 * Whether a row holds nothing: null, no text, or no message in every column that a shape reads, or in
 * all of its columns. Such rows are left out wherever they stand.
 */
export function isEmptyRow(row: Row, { datasetTextField = 'text' }: ShapeOptions = {}): boolean {
  const empty = (column: string): boolean => {
    const value = row[column];
    return (
      value === undefined ||
      value === null ||
      value === '' ||
      (Array.isArray(value) && value.length === 0)
    );
  };
  const read = [...contentColumns, datasetTextField].filter((column) => column in row);
  return (read.length > 0 ? read : Object.keys(row)).every(empty);
}

/** The error of a row whose shape is not one of those wanted. */
export function shapeError(
  row: Row,
  what: string,
  wanted: readonly ShapeType[],
  datasetTextField = 'text',
): AttuneError {
  const custom = datasetTextField === 'text' ? '' : ` (dataset_text_field is ${datasetTextField})`;
  return new AttuneError(
    'data-shape-unknown',
    `A row with the columns ${printableColumns(row)} ${what}${custom}.`,
    `Rename the columns. These are understood: ${wanted.map((type) => `${shapeColumns[type]} (${type})`).join('; ')}.`,
  );
}

/** A list of messages, each with a role (or, in ShareGPT's words, from). */
export function isConversation(value: unknown): value is Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const first: unknown = value[0];
  return typeof first === 'object' && first !== null && ('role' in first || 'from' in first);
}

/**
 * Messages of a column. ShareGPT's `from` and `value` become `role` and `content`; the roles keep
 * their names, as in TRL.
 *
 * @throws AttuneError `data-shape-unknown`
 */
export function messagesOf(row: Row, column: string): ChatMessage[] {
  const value = row[column];
  if (!isConversation(value)) {
    throw columnError(row, column, 'a list of messages, each with role and content');
  }
  checkWellFormed(value, `The column ${column}`);
  return value.map((message) => {
    if (typeof message !== 'object' || message === null) {
      throw columnError(row, column, 'a list of messages, each with role and content');
    }
    const { from, value: said, ...rest } = message;
    const renamed = {
      ...rest,
      ...(from === undefined ? {} : { role: from }),
      ...(said === undefined ? {} : { content: said }),
    } as ChatMessage;
    if (typeof renamed.role !== 'string') {
      throw columnError(row, column, 'a list of messages, each with role and content');
    }
    return renamed;
  });
}

/** Texts this short may well begin alike. */
const shortest = 10;

/** Whether a completion begins with its whole prompt, which would then stand there twice. */
export function repeatsPrompt(
  prompt: string | readonly unknown[],
  completion: string | readonly unknown[],
): boolean {
  if (typeof prompt === 'string' || typeof completion === 'string') {
    const text = String(prompt).trim();
    return (
      typeof completion === 'string' &&
      text.length >= shortest &&
      completion.trimStart().startsWith(text)
    );
  }
  return (
    prompt.length > 0 &&
    completion.length >= prompt.length &&
    prompt.every((message, i) => canonicalJson(message) === canonicalJson(completion[i]))
  );
}

/** Text of a column. @throws AttuneError `data-shape-unknown` */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw columnError(row, column, 'text');
  checkWellFormed(value, `The column ${printable(column)}`);
  return value;
}

/** Tools of a row: a list of JSON schemas, or the same as text. */
export function toolsOf(row: Row): unknown[] | undefined {
  let tools = row.tools;
  if (typeof tools === 'string') {
    try {
      tools = parseExactJson(tools);
    } catch {
      throw columnError(row, 'tools', 'a list of JSON schemas');
    }
  }
  if (tools === undefined || tools === null) return undefined;
  if (!Array.isArray(tools)) throw columnError(row, 'tools', 'a list of JSON schemas');
  checkWellFormed(tools, 'The column tools');
  return tools;
}

function columnError(row: Row, column: string, wanted: string): AttuneError {
  const found = row[column] === undefined ? 'nothing' : printableValue(row[column]);
  return new AttuneError(
    'data-shape-unknown',
    `The column ${printable(column)} should hold ${wanted}, but holds ${found}.`,
    `The row has the columns ${printableColumns(row)}; write all rows in one shape.`,
  );
}
