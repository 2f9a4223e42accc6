import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from './tokenizer.ts';

const probe = 'dummy';
const conversation = [
  { role: 'user', content: probe },
  { role: 'assistant', content: probe },
];

/** The added token that ends the assistant's turn in the chat template, if one does. */
export function turnEnd(tokenizer: Tokenizer): { id: number; text: string } | undefined {
  if (!tokenizer.hasChatTemplate) return undefined;
  const text = orUndefined(() => tokenizer.renderChat(conversation));
  if (text === undefined) return undefined;
  const tail = text.slice(text.lastIndexOf(probe) + probe.length);
  const ids = tokenizer.encode(tail, { addSpecialTokens: false });
  const id = ids.find((token) => tokenizer.isAdded(token));
  return id === undefined ? undefined : { id, text: tokenizer.tokenText(id)! };
}

/**
 * Whether the tokens that assistant_only_loss trains include the end of a turn, as TRL asks: the last
 * of them that is no white space is an added token.
 */
export function trainsTurnEnd(tokenizer: Tokenizer): boolean {
  const messages = [...conversation, { role: 'user', content: probe }];
  const chat = orUndefined(() => tokenizer.encodeChat(messages, { assistantMask: true }));
  const trained = chat?.ids.filter((_, i) => chat.assistantMask![i] === 1) ?? [];
  const last = trained.findLast((id) => tokenizer.decode([id]).trim() !== '');
  return last !== undefined && tokenizer.isAdded(last);
}

/**
 * What to say where conversations teach an end at which generation will not stop, or no end at all.
 * Empty where tokenizer, template and generation_config agree.
 */
export function turnEndNotes(
  tokenizer: Tokenizer,
  { assistantOnlyLoss = false }: { assistantOnlyLoss?: boolean } = {},
): string[] {
  const notes: string[] = [];
  const end = turnEnd(tokenizer);
  if (end && !tokenizer.eosTokenIds.includes(end.id)) {
    const ends = tokenizer.eosTokenIds.map((id) => `${tokenizer.tokenText(id) ?? ''} (${id})`);
    notes.push(
      `The chat template ends a turn with ${end.text} (${end.id}), but generation stops at ${ends.join(' and ') || 'no token'}: the model will not stop where it learns to. Set eos_token: '${end.text}'.`,
    );
  }
  if (assistantOnlyLoss && !trainsTurnEnd(tokenizer)) {
    notes.push(
      'The {% generation %} blocks of the chat template leave out the token that ends a turn: the model may not learn to stop. Move {% endgeneration %} behind it.',
    );
  }
  return notes;
}

function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (cause) {
    // A template that refuses the probe says nothing; with the user's own rows it will.
    if (cause instanceof AttuneError) return undefined;
    throw cause;
  }
}
