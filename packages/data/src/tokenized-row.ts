import { AttuneError } from '@attune/gpu';
import { printableValue } from './printable.ts';
import type { Row } from './read-rows.ts';
import { shapeError } from './shapes.ts';

/** A row that brings its token ids, and what else it says of them. */
export interface TokenizedRow {
  ids: number[];
  labels?: number[];
  /** 1 where the assistant speaks. */
  assistantMask?: number[];
  /** 1 where the completion is. */
  completionMask?: number[];
  /** Lengths of the documents that were packed into the row. */
  segments?: number[];
}

/**
 * Ids, labels and masks of a row that was tokenized before: TRL's columns `input_ids`, `labels`,
 * `assistant_masks`, `completion_mask` and `seq_lengths`. Tokens that `attention_mask` marks as padding,
 * at either end, are taken off.
 *
 * @throws AttuneError `data-shape-unknown`, `data-label-invalid`
 */
export function tokenizedRow(row: Row): TokenizedRow {
  const ids = numbersOf(row, 'input_ids', (id) => id >= 0, 'token ids, whole numbers from 0')!;
  const sized = (column: string, holds: (value: number) => boolean, what: string) => {
    const list = numbersOf(row, column, holds, what);
    if (list === undefined || list.length === ids.length) return list;
    throw mismatch(row, `${column} has ${list.length} entries for ${ids.length} input_ids`);
  };
  const bit = (value: number): boolean => value === 0 || value === 1;
  const labels = sized('labels', () => true, 'whole numbers');
  const wrong = labels?.findIndex((label) => label < 0 && label !== -100) ?? -1;
  if (labels && wrong >= 0) throw invalidLabel(labels[wrong]!, wrong);
  const assistantMask = sized('assistant_masks', bit, '0 or 1 for each token');
  const completionMask = sized('completion_mask', bit, '0 or 1 for each token');
  const attention = sized('attention_mask', bit, '0 or 1 for each token');
  const segments = numbersOf(row, 'seq_lengths', (size) => size > 0, 'lengths of documents');
  if (segments && segments.reduce((sum, size) => sum + size, 0) !== ids.length) {
    throw mismatch(row, `seq_lengths add up to another number than the ${ids.length} input_ids`);
  }
  const all: TokenizedRow = {
    ids,
    ...(labels && { labels }),
    ...(assistantMask && { assistantMask }),
    ...(completionMask && { completionMask }),
    ...(segments && { segments }),
  };
  return attention ? withoutPadding(row, all, attention) : all;
}

/** The error of a label that is neither -100 nor a token id. */
export function invalidLabel(label: number, position: number, vocabulary?: number): AttuneError {
  const range = vocabulary === undefined ? 'from 0' : `from 0 to ${vocabulary - 1}`;
  return new AttuneError(
    'data-label-invalid',
    `The label ${label} of token ${position + 1} is neither -100 nor a token id ${range}.`,
    'Write -100 where a token is not trained, else the id of the token itself.',
  );
}

function numbersOf(
  row: Row,
  column: string,
  holds: (value: number) => boolean,
  what: string,
): number[] | undefined {
  const value = row[column];
  if (value === undefined || value === null) return undefined;
  const list =
    Array.isArray(value) || ArrayBuffer.isView(value)
      ? Array.from(value as ArrayLike<unknown>, (part) =>
          typeof part === 'boolean' ? +part : part,
        )
      : undefined;
  const wrong = list?.find((part) => !Number.isInteger(part) || !holds(part as number));
  if (list && wrong === undefined) return list as number[];
  const found = list ? printableValue(wrong) : printableValue(value);
  throw mismatch(row, `${column} holds ${found}, not ${what}`);
}

function mismatch(row: Row, what: string): AttuneError {
  return shapeError(row, `cannot be read: ${what}`, ['tokenized']);
}

function withoutPadding(row: Row, all: TokenizedRow, attention: number[]): TokenizedRow {
  const start = attention.indexOf(1);
  const end = attention.lastIndexOf(1) + 1;
  if (start < 0) throw mismatch(row, 'attention_mask marks every token as padding');
  if (attention.slice(start, end).includes(0)) {
    throw mismatch(row, 'attention_mask has a 0 between tokens; padding stands at the ends');
  }
  if (start === 0 && end === attention.length) return all;
  if (all.segments) throw mismatch(row, 'seq_lengths stand beside an attention_mask with padding');
  const parts = Object.entries(all) as [keyof TokenizedRow, number[]][];
  return Object.fromEntries(
    parts.map(([key, list]) => [key, list.slice(start, end)]),
  ) as unknown as TokenizedRow;
}
