import { AttuneError } from '@attune/gpu';
import type { ChatOptions, Tokenizer } from '@attune/tokenizer';
import type { EncodeReport } from './encode-report.ts';
import type { PackingStrategy } from './packing.ts';
import type { Row } from './read-rows.ts';
import {
  detectShape,
  isEmptyRow,
  messagesOf,
  repeatsPrompt,
  shapeError,
  textOf,
  toolsOf,
} from './shapes.ts';
import { tokenizedRow } from './tokenized-row.ts';
import { checkWellFormed } from './well-formed.ts';

/** Not trained: the label of a token that adds nothing to the loss. */
export const ignored = -100;

/**
 * One sequence to train on. `labels` lie under `inputIds`, not shifted: the token itself, or -100
 * where it is not trained. `segments` are the lengths of the documents packed into it.
 */
export interface Example {
  inputIds: Int32Array;
  labels: Int32Array;
  segments?: number[];
  /** Which row of the data set it comes from, from 1; packed, the first. */
  row?: number;
}

export interface EncodeExampleOptions {
  /** Tokens kept of a row; null keeps all. Default 1024. */
  maxLength?: number | null;
  /** Which end of a longer row is kept. Default keep_start. */
  truncationMode?: 'keep_start' | 'keep_end';
  /** Rows will be packed. Default false. */
  packing?: boolean;
  /** Of these `bfd` cuts longer rows, at their end. Default bfd. */
  packingStrategy?: PackingStrategy;
  /** Train the completion only; null does so where rows have prompt and completion. Default null. */
  completionOnlyLoss?: boolean | null;
  /** Train only what the assistant says, by the template's generation blocks. Default false. */
  assistantOnlyLoss?: boolean;
  /** Column of plain text. Default `text`. */
  datasetTextField?: string;
  /** Counts what was done to the rows. */
  report?: EncodeReport;
}

interface Tokens {
  ids: number[];
  /** Tokens before the completion, where the row has one. */
  promptLength?: number;
  /** The prompt's own ids go on differently: a token crosses its end. */
  promptCrossed?: boolean;
  /** The completion has no text: nothing but its end is trained. */
  emptyCompletion?: boolean;
  /** The completion begins with the prompt. */
  promptRepeated?: boolean;
  assistantMask?: ArrayLike<number>;
  completionMask?: ArrayLike<number>;
  labels?: ArrayLike<number>;
  segments?: number[];
}

const wanted = ['language-modeling', 'prompt-completion', 'tokenized'] as const;

/**
 * A row as a training sequence, by the rules of TRL's SFTTrainer: EOS is added to plain text that
 * lacks it; the prompt ends where its ids and those of prompt and completion together part; masks
 * are combined; the start is kept. Undefined where nothing would be trained.
 *
 * @throws AttuneError `data-shape-unknown`, `data-no-assistant-tokens`, `assistant-loss-needs-chat`,
 * and those of the tokenizer's chat template
 * @see https://huggingface.co/docs/trl/sft_trainer
 */
export function encodeExample(
  row: Row,
  tokenizer: Tokenizer,
  options: EncodeExampleOptions = {},
): Example | undefined {
  const { maxLength = 1024, packing = false, report } = options;
  if (report) report.rows++;
  if (isEmptyRow(row, options)) {
    if (report && report.empty++ === 0) report.firstEmpty = report.rows;
    return undefined;
  }
  const tokens = tokenize(row, tokenizer, options);
  const { length } = tokens.ids;
  const whole =
    maxLength === null ||
    (packing && options.packingStrategy !== undefined && options.packingStrategy !== 'bfd');
  const kept = whole ? length : Math.min(length, maxLength);
  const start = options.truncationMode === 'keep_end' && !packing ? length - kept : 0;
  const inputIds = Int32Array.from(tokens.ids.slice(start, start + kept));
  const labels = makeLabels(tokens, options.completionOnlyLoss ?? null).subarray(
    start,
    start + kept,
  );
  const trained = labels.reduce((count, label) => count + (label === ignored ? 0 : 1), 0);
  const dropped = trained === 0 && !packing && maxLength !== null;
  if (report) {
    if (tokens.promptRepeated) report.promptsRepeated++;
    else if (tokens.promptCrossed) report.promptsCrossed++;
    if (tokens.emptyCompletion) report.emptyCompletions++;
    report.longest = Math.max(report.longest, length);
    if (length > kept) report.truncated++;
    if (dropped) report.dropped++;
    else {
      report.tokens += kept;
      report.trainedTokens += trained;
      report.cutTokens += length - kept;
    }
    countMasks(tokens, options, report);
  }
  if (dropped) return undefined;
  const segments = tokens.segments && cutSegments(tokens.segments, start, start + kept);
  return { inputIds, labels: labels.slice(), ...(segments && { segments }) };
}

/** Masks that do not act as one might think. */
function countMasks(tokens: Tokens, options: EncodeExampleOptions, report: EncodeReport): void {
  if (tokens.labels) return;
  const { completionOnlyLoss = null } = options;
  const completion = tokens.completionMask ?? tokens.promptLength;
  if (completionOnlyLoss && completion === undefined) report.withoutCompletion++;
  if (!completionOnlyLoss && tokens.completionMask) report.unusedMasks++;
}

/** The lengths of documents, or of what is left of them between two places. */
function cutSegments(segments: readonly number[], start: number, end: number): number[] {
  let at = 0;
  const cut = segments.map((size) => {
    const from = Math.max(at, start);
    at += size;
    return Math.min(at, end) - from;
  });
  return cut.filter((size) => size > 0);
}

function tokenize(row: Row, tokenizer: Tokenizer, options: EncodeExampleOptions): Tokens {
  const { datasetTextField = 'text', assistantOnlyLoss = false } = options;
  const shape = detectShape(row, options);
  if (assistantOnlyLoss && !shape.conversational && shape.type !== 'tokenized') {
    throw new AttuneError(
      'assistant-loss-needs-chat',
      'assistant_only_loss is set, but the rows are plain text.',
      'Give rows with messages, or train prompt-completion rows, whose completion alone is trained.',
    );
  }
  switch (shape.type) {
    case 'tokenized':
      return tokenized();
    case 'language-modeling':
      if (!shape.conversational) {
        return { ids: tokenizer.encode(withEos(textOf(row, datasetTextField), tokenizer)) };
      }
      return encodeChat(row, messagesOf(row, 'messages' in row ? 'messages' : 'conversations'));
    case 'prompt-completion':
    case 'unpaired-preference':
      return shape.conversational ? chatCompletion() : textCompletion();
    default:
      throw shapeError(
        row,
        `is ${shape.type} data, which SFT does not take`,
        wanted,
        datasetTextField,
      );
  }

  function tokenized(): Tokens {
    const tokens = tokenizedRow(row);
    if (assistantOnlyLoss && !tokens.labels && !tokens.assistantMask) {
      throw new AttuneError(
        'assistant-loss-needs-chat',
        'assistant_only_loss is set, but the rows are token ids without assistant_masks or labels.',
        'Give assistant_masks (1 where the assistant speaks), or rows with messages.',
      );
    }
    if (tokens.segments && options.packing) {
      throw new AttuneError(
        'data-packed-already',
        'packing is set, but the rows have seq_lengths: they are packed already.',
        'Set packing: false.',
      );
    }
    return tokens;
  }

  function textCompletion(): Tokens {
    const prompt = textOf(row, 'prompt');
    const said = textOf(row, 'completion');
    const ids = tokenizer.encode(prompt + withEos(said, tokenizer));
    return split(tokenizer.encode(prompt), {
      ids,
      emptyCompletion: said === '',
      promptRepeated: repeatsPrompt(prompt, said),
    });
  }

  function chatCompletion(): Tokens {
    const prompt = messagesOf(row, 'prompt');
    const completion = messagesOf(row, 'completion');
    const chat = { ...chatOptions(row), addGenerationPrompt: true };
    const promptIds = tokenizer.encodeChat(prompt, chat).ids;
    return split(promptIds, {
      ...encodeChat(row, [...prompt, ...completion]),
      promptRepeated: repeatsPrompt(prompt, completion),
    });
  }

  function encodeChat(from: Row, messages: ReturnType<typeof messagesOf>): Tokens {
    const foreign = messages.some(({ role }) => role === 'human' || role === 'gpt');
    if (options.report && foreign) options.report.foreignRoles++;
    const encoded = tokenizer.encodeChat(messages, {
      ...chatOptions(from),
      assistantMask: assistantOnlyLoss,
    });
    if (encoded.assistantMask && !encoded.assistantMask.includes(1)) {
      throw new AttuneError(
        'data-no-assistant-tokens',
        `assistant_only_loss is set, but the assistant says nothing in a row of ${messages.length} messages (roles: ${messages.map((m) => m.role).join(', ')}).`,
        'Remove such rows, or name the role that answers "assistant".',
      );
    }
    return encoded;
  }
}

/** Text that ends in the end-of-text token, where the tokenizer names one. */
export function withEos(text: string, tokenizer: Tokenizer): string {
  const eos = tokenizer.eosToken;
  return eos === undefined || text.endsWith(eos) ? text : text + eos;
}

/** What a row gives its chat template: `tools` and `chat_template_kwargs`. */
export function chatOptions(row: Row): ChatOptions {
  const kwargs = row.chat_template_kwargs as Record<string, unknown> | null | undefined;
  checkWellFormed(kwargs, 'The column chat_template_kwargs');
  return { tools: toolsOf(row), kwargs: kwargs ?? undefined };
}

function split(promptIds: number[], whole: Tokens): Tokens {
  const promptLength = commonPrefixLength(promptIds, whole.ids);
  return { ...whole, promptLength, promptCrossed: promptLength < promptIds.length };
}

/** Leading tokens that two sequences share. */
export function commonPrefixLength(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function makeLabels(tokens: Tokens, completionOnly: boolean | null): Int32Array {
  const { ids, promptLength, assistantMask, completionMask, labels } = tokens;
  if (labels) return Int32Array.from(labels);
  const from = (completionOnly ?? promptLength !== undefined) ? (promptLength ?? 0) : 0;
  const masks = [assistantMask, completionOnly ? completionMask : undefined];
  return Int32Array.from(ids, (id, i) =>
    i >= from && masks.every((mask) => mask === undefined || mask[i] === 1) ? id : ignored,
  );
}
