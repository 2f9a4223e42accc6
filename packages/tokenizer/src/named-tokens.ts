import type { AddedToken } from './added-tokens.ts';
import type { Json, TokenizerFile } from './tokenizer-file.ts';

/** The tokens that have a role, in transformers' order. */
const roles = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];

/** Texts of the special tokens by role, as chat templates see them. */
export function namesOf(config: Json): Record<string, string> {
  const names: Record<string, string> = {};
  for (const role of roles) {
    const text = textOf(config[role]);
    if (text !== undefined) names[role] = text;
  }
  const extra = config.extra_special_tokens;
  if (typeof extra === 'object' && extra !== null && !Array.isArray(extra)) {
    for (const [role, value] of Object.entries(extra)) {
      const text = textOf(value);
      if (text !== undefined) names[role] = text;
    }
  }
  return names;
}

/**
 * The tokenizer.json with what tokenizer_config.json says of its tokens, as transformers 5 joins
 * them: tokens of `added_tokens_decoder` that the file lacks are added, and those with a role are
 * special, whether the file says so or not. One without an id gets the next.
 */
export function withNamedTokens(file: TokenizerFile, config: Json): TokenizerFile {
  const tokens = new Map(file.addedTokens.map((token) => [token.content, token]));
  const vocab = new Map(file.vocab);
  const add = (content: string, flags: Partial<AddedToken>): void => {
    const known = tokens.get(content);
    const id = known?.id ?? vocab.get(content) ?? nextId(file, tokens.values());
    const plain = { lstrip: false, rstrip: false, singleWord: false, normalized: false };
    tokens.set(content, { ...plain, special: true, ...known, ...flags, id, content });
    vocab.set(content, id);
  };
  for (const { content, ...flags } of decoderEntries(config.added_tokens_decoder)) {
    add(content, flags);
  }
  const named = [...Object.values(namesOf(config)), ...extraTexts(config)];
  for (const text of named) if (text !== '') add(text, { special: true });
  return { ...file, addedTokens: [...tokens.values()], vocab };
}

function nextId({ modelVocab }: TokenizerFile, added: Iterable<AddedToken>): number {
  let next = modelVocab.size;
  for (const { id } of added) next = Math.max(next, id + 1);
  return next;
}

type Entry = Omit<AddedToken, 'id'>;

function decoderEntries(value: unknown): Entry[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Record<string, Json | null>)
    .sort(([a], [b]) => Number(a) - Number(b))
    .flatMap(([, entry]): Entry[] => {
      if (typeof entry?.content !== 'string' || entry.content === '') return [];
      const special = entry.special === true;
      return [
        {
          content: entry.content,
          special,
          normalized: (entry.normalized as boolean | undefined) ?? !special,
          lstrip: entry.lstrip === true,
          rstrip: entry.rstrip === true,
          singleWord: entry.single_word === true,
        },
      ];
    });
}

function extraTexts({
  extra_special_tokens: extra,
  additional_special_tokens: more,
}: Json): string[] {
  return [more, extra]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .map(textOf)
    .filter((text) => text !== undefined);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as Json | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}
