import { AttuneError } from '@attune/gpu';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import { chatOptions, commonPrefixLength, withEos } from './encode-example.ts';
import type { Row } from './read-rows.ts';
import { canonicalJson } from './row-values.ts';
import { isConversation, messagesOf, textOf } from './shapes.ts';

/** Whose rules prepare the pairs. IPO and DPO's other losses are `dpo`, SimPO and AlphaPO `cpo`. */
export type PairTrainer = 'reward' | 'dpo' | 'orpo' | 'cpo';

/** A prompt with its better and its worse answer, each a whole row. */
export interface PreferenceExample {
  chosenIds: Int32Array;
  /** First token of the answer; 0 for a reward model, which reads the whole row. */
  chosenStart: number;
  rejectedIds: Int32Array;
  rejectedStart: number;
  /** By how much chosen should lead (reward). */
  margin?: number;
  /** Summed log-probabilities of the reference model, where the data set brings them (DPO). */
  refChosenLogps?: number;
  refRejectedLogps?: number;
  /** Which row of the data set it comes from, from 1. */
  row?: number;
}

/** A row's ids, and where its answer starts. */
export interface Answer {
  ids: number[];
  start: number;
}

export interface Answers {
  chosen: Answer;
  rejected: Answer;
  /** A token crosses from the prompt into an answer. */
  crossed: boolean;
}

/** The columns of a pair, all text or all messages. */
export type PairColumns =
  | { prompt: string; chosen: string; rejected: string }
  | { prompt: ChatMessage[]; chosen: ChatMessage[]; rejected: ChatMessage[] };

/**
 * Prompt and answers of a row. Without a prompt of the answers' kind, it is what chosen and rejected
 * begin with in common (messages, or characters; a space before the answers is theirs).
 */
export function pairColumns(row: Row): PairColumns {
  const conversational = isConversation(row.chosen);
  const { prompt } = row;
  if (conversational) {
    const chosen = messagesOf(row, 'chosen');
    const rejected = messagesOf(row, 'rejected');
    if (isConversation(prompt)) return { prompt: messagesOf(row, 'prompt'), chosen, rejected };
    const at = sharedLength(chosen.map(canonical), rejected.map(canonical));
    if (at === 0) {
      throw new AttuneError(
        'preference-no-prompt',
        'Chosen and rejected begin with different messages, and there is no prompt.',
        'Give the prompt as a column of messages, or let both conversations begin with it.',
      );
    }
    return { prompt: chosen.slice(0, at), chosen: chosen.slice(at), rejected: rejected.slice(at) };
  }
  const chosen = textOf(row, 'chosen');
  const rejected = textOf(row, 'rejected');
  if (prompt !== undefined && prompt !== null) {
    return { prompt: textOf(row, 'prompt'), chosen, rejected };
  }
  const [a, b] = [Array.from(chosen), Array.from(rejected)];
  let at = sharedLength(a, b);
  if (at > 0 && a[at] !== b[at] && a[at - 1] === ' ') at--;
  return {
    prompt: a.slice(0, at).join(''),
    chosen: a.slice(at).join(''),
    rejected: b.slice(at).join(''),
  };
}

// Where one is the other's beginning, its last item stays with the answers, as in TRL.
function sharedLength(a: readonly string[], b: readonly string[]): number {
  const end = Math.max(0, Math.min(a.length, b.length) - 1);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

function canonical(message: ChatMessage): string {
  return canonicalJson(Object.entries(message).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A row as a reward model reads it: prompt and answer as one text or conversation, for either answer. */
export function encodeScored(row: Row, tokenizer: Tokenizer): Answers {
  const side = (column: 'chosen' | 'rejected'): Answer => {
    if (isConversation(row[column])) {
      const before = isConversation(row.prompt) ? messagesOf(row, 'prompt') : [];
      const messages = [...before, ...messagesOf(row, column)];
      return { ids: tokenizer.encodeChat(messages, chatOptions(row)).ids, start: 0 };
    }
    const before = row.prompt === undefined || row.prompt === null ? '' : textOf(row, 'prompt');
    return { ids: tokenizer.encode(before + withEos(textOf(row, column), tokenizer)), start: 0 };
  };
  return { chosen: side('chosen'), rejected: side('rejected'), crossed: false };
}

/** The ids of prompt and answer, and how many of them the prompt's own ids begin with. */
export function encodeAnswer(
  prompt: string | ChatMessage[],
  answer: string | ChatMessage[],
  row: Row,
  tokenizer: Tokenizer,
): Answer & { crossed: boolean } {
  let alone: number[];
  let ids: number[];
  if (typeof prompt === 'string') {
    alone = tokenizer.encode(prompt);
    ids = tokenizer.encode(prompt + withEos(answer as string, tokenizer));
  } else {
    const chat = chatOptions(row);
    alone = tokenizer.encodeChat(prompt, { ...chat, addGenerationPrompt: true }).ids;
    ids = tokenizer.encodeChat([...prompt, ...(answer as ChatMessage[])], chat).ids;
  }
  const start = commonPrefixLength(alone, ids);
  return { ids, start, crossed: start < alone.length };
}

/** Rows of DPO: both answers start where the first of them parts from the prompt's own ids. */
export function encodeCompared(columns: PairColumns, row: Row, tokenizer: Tokenizer): Answers {
  const chosen = encodeAnswer(columns.prompt, columns.chosen, row, tokenizer);
  const rejected = encodeAnswer(columns.prompt, columns.rejected, row, tokenizer);
  const start = Math.min(chosen.start, rejected.start);
  return {
    chosen: { ids: chosen.ids, start },
    rejected: { ids: rejected.ids, start },
    crossed: chosen.crossed || rejected.crossed,
  };
}
