import { messagesOf, type Row, readRows } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';

/** All rows of a small file. */
export async function readAll(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(path)) rows.push(row);
  return rows;
}

/** The token ids that a row asks to compute: `input_ids`, `text`, or `messages`. */
export function inputIds(row: Row, number: number, tokenizer: () => Tokenizer): number[] {
  if (row.input_ids !== undefined) return idsOf(row.input_ids, 'input_ids', number);
  if (typeof row.text === 'string') return tokenizer().encode(row.text);
  if (row.messages !== undefined) return tokenizer().encodeChat(messagesOf(row, 'messages')).ids;
  throw wrongRow(row, number, 'input_ids, text or messages');
}

/** The prompt of a row: `prompt_ids`, `messages` (with the cue to answer), or `prompt` of either kind. */
export function promptIds(row: Row, number: number, tokenizer: () => Tokenizer): number[] {
  if (row.prompt_ids !== undefined) return idsOf(row.prompt_ids, 'prompt_ids', number);
  if (typeof row.prompt === 'string') return tokenizer().encode(row.prompt);
  const column = row.messages !== undefined ? 'messages' : 'prompt';
  if (row[column] === undefined) throw wrongRow(row, number, 'messages, prompt or prompt_ids');
  const messages = messagesOf(row, column);
  return tokenizer().encodeChat(messages, { addGenerationPrompt: true }).ids;
}

/** A column of token ids. @throws AttuneError `data-shape-unknown` with the row's number */
export function idsOf(value: unknown, column: string, number: number): number[] {
  const ids = Array.isArray(value) ? value : [];
  if (ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0)) return ids as number[];
  throw new AttuneError(
    'data-shape-unknown',
    `Row ${number}: ${column} is not a list of token ids.`,
    'Write whole numbers from 0, at least one.',
  );
}

function wrongRow(row: Row, number: number, wanted: string): AttuneError {
  return new AttuneError(
    'data-shape-unknown',
    `Row ${number} has the columns ${Object.keys(row).join(', ') || '(none)'}, none of ${wanted}.`,
    'Rename its columns.',
  );
}
