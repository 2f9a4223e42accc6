import { AttuneError } from '@attune/gpu';
import type { ChatOptions, Tokenizer } from '@attune/tokenizer';
import type { Row } from './read-rows.ts';
import { detectShape, messagesOf, shapeError, textOf, toolsOf } from './shapes.ts';

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
}

export interface EncodeExampleOptions {
  /** Tokens kept of a row, from its start; null keeps all. Default 1024. */
  maxLength?: number | null;
  /** Rows will be packed, which cuts them instead. Default false. */
  packing?: boolean;
  /** Train the completion only; null does so where rows have prompt and completion. Default null. */
  completionOnlyLoss?: boolean | null;
  /** Train only what the assistant says, by the template's generation blocks. Default false. */
  assistantOnlyLoss?: boolean;
  /** Column of plain text. Default `text`. */
  datasetTextField?: string;
  /** Counts what was done to the rows. */
  report?: EncodeReport;
}

/** What encoding did to a dataset. */
export interface EncodeReport {
  rows: number;
  tokens: number;
  trainedTokens: number;
  /** Longer than `maxLength`: their ends were cut off. */
  truncated: number;
  /** Nothing was left to train after cutting: these rows are left out. */
  dropped: number;
  /** A token crosses from prompt to completion, which begins where the ids differ. */
  promptsCrossed: number;
  /** Rows whose roles are ShareGPT's human and gpt, which templates do not know. */
  foreignRoles: number;
  /** Tokens of the longest row, before cutting. */
  longest: number;
}

export function newReport(): EncodeReport {
  return {
    rows: 0,
    tokens: 0,
    trainedTokens: 0,
    truncated: 0,
    dropped: 0,
    promptsCrossed: 0,
    foreignRoles: 0,
    longest: 0,
  };
}

interface Tokens {
  ids: number[];
  /** Tokens before the completion, where the row has one. */
  promptLength?: number;
  /** The prompt's own ids go on differently: a token crosses its end. */
  promptCrossed?: boolean;
  assistantMask?: Uint8Array;
  labels?: ArrayLike<number>;
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
  const tokens = tokenize(row, tokenizer, options);
  const cut = packing || maxLength === null ? tokens.ids.length : maxLength;
  const inputIds = Int32Array.from(tokens.ids.slice(0, cut));
  const labels = makeLabels(inputIds, tokens, options.completionOnlyLoss ?? null);
  const trained = labels.reduce((count, label) => count + (label === ignored ? 0 : 1), 0);
  const empty = trained === 0 && !packing && maxLength !== null;
  if (report) {
    report.rows++;
    if (tokens.promptCrossed) report.promptsCrossed++;
    report.longest = Math.max(report.longest, tokens.ids.length);
    if (tokens.ids.length > cut) report.truncated++;
    if (empty) report.dropped++;
    else {
      report.tokens += inputIds.length;
      report.trainedTokens += trained;
    }
  }
  return empty ? undefined : { inputIds, labels };
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
      return tokenizedRow(row);
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

  function textCompletion(): Tokens {
    const prompt = textOf(row, 'prompt');
    const completion = withEos(textOf(row, 'completion'), tokenizer);
    return split(tokenizer.encode(prompt), { ids: tokenizer.encode(prompt + completion) });
  }

  function chatCompletion(): Tokens {
    const prompt = messagesOf(row, 'prompt');
    const completion = messagesOf(row, 'completion');
    const chat = { ...chatOptions(row), addGenerationPrompt: true };
    const promptIds = tokenizer.encodeChat(prompt, chat).ids;
    return split(promptIds, encodeChat(row, [...prompt, ...completion]));
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

function tokenizedRow(row: Row): Tokens {
  const isIds = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((id) => Number.isInteger(id));
  const { input_ids: ids, labels } = row;
  if (!isIds(ids) || (labels !== undefined && !(isIds(labels) && labels.length === ids.length))) {
    throw shapeError(
      row,
      'has input_ids or labels that are not lists of ids of one length',
      wanted,
    );
  }
  return labels === undefined ? { ids } : { ids, labels };
}

function makeLabels(
  inputIds: Int32Array,
  { promptLength, assistantMask, labels }: Tokens,
  completionOnly: boolean | null,
): Int32Array {
  if (labels) return Int32Array.from(inputIds, (_, i) => labels[i]!);
  const from = (completionOnly ?? promptLength !== undefined) ? (promptLength ?? 0) : 0;
  return inputIds.map((id, i) =>
    i >= from && (assistantMask === undefined || assistantMask[i] === 1) ? id : ignored,
  );
}
