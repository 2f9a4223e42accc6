import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '../config/config.ts';
import { ggufPieces } from './gguf-spm-export.ts';
import { type GgufMetadata, type GgufValue, TOKEN_TYPES } from './gguf-types.ts';
import { ggufValue } from './gguf-writer.ts';
import type { TokenizerFiles } from './open-tokenizer.ts';
import { PRE_TOKENIZERS } from './pre-tokenizers.ts';

type Json = Record<string, unknown>;

/**
 * The `tokenizer.*` metadata of a GGUF for a byte-level BPE or a SentencePiece tokenizer, as llama.cpp's converter
 * writes it: one token for each row of the embedding, unused ids filled with `[PADn]`.
 * @throws AttuneError `unsupported-export` when llama.cpp has no name for the tokenizer's way of cutting text
 */
export function ggufTokenizer(files: TokenizerFiles, config: ModelConfig): GgufMetadata {
  const { tokenizerJson, tokenizerConfig, chatTemplate } = files;
  const model = (tokenizerJson.model ?? {}) as Json;
  const vocab = model.vocab;
  if (model.type !== 'BPE' || !isObject(vocab)) {
    throw unsupported(`a tokenizer of the type ${String(model.type)}`);
  }
  const added = (Array.isArray(tokenizerJson.added_tokens) ? tokenizerJson.added_tokens : []) as {
    id: number;
    content: string;
    special?: boolean;
  }[];
  const ids = new Map<string, number>(Object.entries(vocab) as [string, number][]);
  for (const { content, id } of added) ids.set(content, id);
  const tokens = Array.from({ length: config.vocabSize }, (_, id) => `[PAD${id}]`);
  const types = new Int32Array(config.vocabSize).fill(TOKEN_TYPES.unused);
  for (const [token, id] of ids) {
    tokens[id] = token;
    types[id] = TOKEN_TYPES.normal;
  }
  for (const { id, special } of added) {
    types[id] = special === false ? TOKEN_TYPES.userDefined : TOKEN_TYPES.control;
  }
  const named = (word: string): number | undefined => {
    const value = tokenizerConfig?.[word];
    const content = isObject(value) ? value.content : value;
    return typeof content === 'string' ? ids.get(content) : undefined;
  };
  const unknown = named('unk_token') ?? ids.get(String(model.unk_token));
  const own =
    model.byte_fallback === true
      ? ggufPieces(tokenizerJson, { tokens, types, unknown })
      : byteLevel(tokenizerJson, { tokens, types });
  const metadata: GgufMetadata = new Map(own);
  const special: [key: string, id: number | null | undefined][] = [
    ['bos', named('bos_token') ?? config.bosTokenId],
    ['eos', named('eos_token') ?? config.eosTokenIds[0]],
    ['unknown', model.byte_fallback === true ? unknown : named('unk_token')],
    ['padding', named('pad_token') ?? config.padTokenId],
  ];
  for (const [key, id] of special) {
    if (typeof id === 'number' && id < config.vocabSize) {
      metadata.set(`tokenizer.ggml.${key}_token_id`, ggufValue.uint32(id));
    }
  }
  const { first, last } = edges(tokenizerJson.post_processor);
  metadata.set('tokenizer.ggml.add_bos_token', ggufValue.bool(first));
  if (last) metadata.set('tokenizer.ggml.add_eos_token', ggufValue.bool(true));
  if (!metadata.has('tokenizer.ggml.add_space_prefix')) {
    metadata.set('tokenizer.ggml.add_space_prefix', ggufValue.bool(false));
  }
  if (chatTemplate !== undefined) {
    metadata.set('tokenizer.chat_template', ggufValue.string(chatTemplate));
  }
  return metadata;
}

function byteLevel(
  tokenizerJson: Json,
  { tokens, types }: { tokens: readonly string[]; types: Int32Array },
): [string, GgufValue][] {
  return [
    ['tokenizer.ggml.model', ggufValue.string('gpt2')],
    ['tokenizer.ggml.pre', ggufValue.string(preTokenizerName(tokenizerJson))],
    ['tokenizer.ggml.tokens', ggufValue.strings(tokens)],
    ['tokenizer.ggml.token_type', ggufValue.int32s(types)],
    ['tokenizer.ggml.merges', ggufValue.strings(mergeLines((tokenizerJson.model as Json).merges))],
  ];
}

/** llama.cpp's name for the way a tokenizer.json cuts text. */
function preTokenizerName(tokenizerJson: Json): string {
  const wanted = canonical(tokenizerJson.pre_tokenizer);
  const whole = (tokenizerJson.model as Json).ignore_merges === true;
  for (const [name, { preTokenizer, ignoreMerges }] of Object.entries(PRE_TOKENIZERS)) {
    if (canonical(preTokenizer) === wanted && ignoreMerges === whole) return name;
  }
  throw unsupported(`the pre-tokenizer ${wanted.slice(0, 200)} with ignore_merges ${whole}`);
}

/** The same text for the same cuts: offsets do not matter, and a sequence of one is that one. */
function canonical(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value ?? null);
  if (value.type === 'Sequence' && Array.isArray(value.pretokenizers)) {
    return value.pretokenizers.map(canonical).join(' then ');
  }
  if (value.type === 'ByteLevel') {
    return `ByteLevel ${value.add_prefix_space ?? true} ${value.use_regex ?? true}`;
  }
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mergeLines(merges: unknown): string[] {
  const list = Array.isArray(merges) ? (merges as unknown[]) : [];
  return list.map((merge) => (Array.isArray(merge) ? merge.join(' ') : String(merge)));
}

/** Whether a post-processor puts a token in front of a text and one after it. */
function edges(processor: unknown): { first: boolean; last: boolean } {
  if (isObject(processor) && Array.isArray(processor.processors)) {
    return processor.processors
      .map(edges)
      .reduce((a, b) => ({ first: a.first || b.first, last: a.last || b.last }), {
        first: false,
        last: false,
      });
  }
  const single = isObject(processor) && Array.isArray(processor.single) ? processor.single : [];
  const special = (item: unknown) => isObject(item) && 'SpecialToken' in item;
  return { first: special(single[0]), last: special(single.at(-1)) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unsupported(what: string): AttuneError {
  return new AttuneError(
    'unsupported-export',
    `llama.cpp has no name here for ${what}, so no GGUF with this tokenizer is written.`,
    'Write safetensors, and convert them with llama.cpp itself.',
  );
}
