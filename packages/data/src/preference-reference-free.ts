import { AttuneError } from '@attune/gpu';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import { chatOptions, commonPrefixLength } from './encode-example.ts';
import type { Answer, Answers, PairColumns } from './preference-pairs.ts';
import type { Row } from './read-rows.ts';

/**
 * Rows of ORPO and CPO: conversations become text first; the prompt's tokens are those it has alone,
 * less one where the last of them merges with the answer; BOS before and EOS after are added as ids,
 * EOS also after what a chat template ends with. Unlike TRL's, it hands a row's tools to the template.
 *
 * @throws AttuneError `preference-boundary`, `preference-prompt-role`
 */
export function encodeReferenceFree(columns: PairColumns, row: Row, tokenizer: Tokenizer): Answers {
  const { prompt, chosen, rejected } =
    typeof columns.prompt === 'string' ? columns : asText(columns, row, tokenizer);
  const a = splitAnswer(prompt as string, chosen as string, tokenizer);
  const b = splitAnswer(prompt as string, rejected as string, tokenizer);
  const shared = Math.min(a.start, b.start);
  const differing = shared - countEqual(a.ids, b.ids, shared);
  if (differing > 1 || Math.abs(a.start - b.start) > 1) {
    throw new AttuneError(
      'preference-boundary',
      'The prompt has different tokens before chosen and before rejected.',
      'End the prompt at a whole word, and begin the answers with the space after it.',
    );
  }
  return {
    chosen: withEnds(a, tokenizer),
    rejected: withEnds(b, tokenizer),
    crossed: a.crossed || b.crossed,
  };
}

function splitAnswer(prompt: string, answer: string, tokenizer: Tokenizer) {
  const alone = tokenizer.encode(prompt, { addSpecialTokens: false });
  const ids = tokenizer.encode(prompt + answer, { addSpecialTokens: false });
  if (ids.length < alone.length) {
    throw new AttuneError(
      'preference-boundary',
      'Prompt and answer together have fewer tokens than the prompt alone.',
      'End the prompt at a whole word, and begin the answers with the space after it.',
    );
  }
  const crossed = commonPrefixLength(alone, ids) < alone.length;
  return { ids, start: alone.length - (crossed ? 1 : 0), crossed };
}

function withEnds({ ids, start }: Answer, { bosTokenId, eosTokenId }: Tokenizer): Answer {
  const whole = [...ids];
  let from = start;
  if (eosTokenId !== undefined && (whole.length === start || whole.at(-1) !== eosTokenId)) {
    whole.push(eosTokenId);
  }
  if (bosTokenId !== undefined && (start === 0 || whole[0] !== bosTokenId)) {
    whole.unshift(bosTokenId);
    from++;
  }
  return { ids: whole, start: from };
}

function countEqual(a: readonly number[], b: readonly number[], length: number): number {
  let equal = 0;
  for (let i = 0; i < length; i++) if (a[i] === b[i]) equal++;
  return equal;
}

function asText(columns: PairColumns, row: Row, tokenizer: Tokenizer) {
  const { prompt, chosen, rejected } = columns as Record<keyof PairColumns, ChatMessage[]>;
  const chat = chatOptions(row);
  const withChosen = tokenizer.renderChat([...prompt, ...chosen], chat);
  const withRejected = tokenizer.renderChat([...prompt, ...rejected], chat);
  let alone = renderPrompt(prompt, row, tokenizer);
  for (const whole of [withChosen, withRejected]) {
    alone = alone.slice(0, commonTextLength(alone, whole));
  }
  return {
    prompt: alone,
    chosen: withChosen.slice(alone.length),
    rejected: withRejected.slice(alone.length),
  };
}

/** An answer that the prompt has begun is left open: nothing stands after its last words. */
function renderPrompt(prompt: ChatMessage[], row: Row, tokenizer: Tokenizer): string {
  const last = prompt.at(-1);
  if (last?.role === 'user' || last?.role === 'tool') {
    return tokenizer.renderChat(prompt, { ...chatOptions(row), addGenerationPrompt: true });
  }
  if (last?.role !== 'assistant' || typeof last.content !== 'string') {
    throw new AttuneError(
      'preference-prompt-role',
      `The prompt ends with a message of ${last?.role ?? 'nobody'}.`,
      'End it with what the user says, or with the beginning of the assistant’s answer.',
    );
  }
  const text = tokenizer.renderChat(prompt, chatOptions(row));
  const said = last.content.trim();
  return text.slice(0, text.lastIndexOf(said) + said.length);
}

function commonTextLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
