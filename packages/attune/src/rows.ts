import { type Row, readRows } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';

/** All rows of an input file; they are few, since each asks for a forward pass. */
export async function inputRows(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(path)) rows.push(row);
  if (rows.length > 0) return rows;
  throw new AttuneError(
    'data-empty',
    `${path} has no row.`,
    'Give at least one JSON object a line.',
  );
}

function idsIn(value: unknown, vocabulary: number, where: string): number[] {
  const good =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((id) => Number.isInteger(id) && id >= 0 && id < vocabulary);
  if (good) return value as number[];
  throw new AttuneError(
    'bad-token',
    `${where} is no list of token ids from 0 to ${vocabulary - 1}.`,
    'Give at least one id, and ids of this model.',
  );
}

/** Token ids of a row for `logits`: `input_ids` as they are, or `text` without special tokens. */
export function rowIds(
  row: Row,
  tokenizer: () => Tokenizer,
  vocabulary: number,
  n: number,
): number[] {
  if (row.input_ids !== undefined) return idsIn(row.input_ids, vocabulary, `input_ids of row ${n}`);
  if (typeof row.text === 'string') {
    return idsIn(tokenizer().encode(row.text), vocabulary, `The text of row ${n}`);
  }
  throw unknownRow(row, n, 'input_ids or text');
}

/** Token ids of a row for `generate`. */
export function promptIds(
  row: Row,
  tokenizer: () => Tokenizer,
  vocabulary: number,
  n: number,
): number[] {
  if (row.prompt_ids !== undefined)
    return idsIn(row.prompt_ids, vocabulary, `prompt_ids of row ${n}`);
  const messages = row.messages ?? (Array.isArray(row.prompt) ? row.prompt : undefined);
  if (Array.isArray(messages)) {
    const list = messages as ChatMessage[];
    const open = list.at(-1)?.role === 'assistant' ? list.slice(0, -1) : list;
    return tokenizer().encodeChat(open, { addGenerationPrompt: true }).ids;
  }
  if (typeof row.prompt === 'string') {
    return idsIn(tokenizer().encode(row.prompt), vocabulary, `The prompt of row ${n}`);
  }
  throw unknownRow(row, n, 'messages, prompt or prompt_ids');
}

function unknownRow(row: Row, n: number, wanted: string): AttuneError {
  return new AttuneError(
    'wrong-columns',
    `Row ${n} has the columns ${Object.keys(row).join(', ') || '(none)'}.`,
    `Give each row ${wanted}.`,
  );
}
