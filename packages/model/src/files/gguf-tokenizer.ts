import { AttuneError } from '@attune/gpu';
import type { GgufFile } from './gguf.ts';
import { metadataReader } from './gguf-config.ts';
import { short } from './gguf-metadata.ts';
import { pieceOf, sentencePieceParts } from './gguf-spm.ts';
import { TOKEN_TYPES } from './gguf-types.ts';
import type { TokenizerFiles } from './open-tokenizer.ts';
import { PRE_TOKENIZERS, preTokenizerOf } from './pre-tokenizers.ts';

/**
 * The tokenizer.json and tokenizer_config.json that a GGUF's own metadata stands for: byte-level BPE
 * (`tokenizer.ggml.model` gpt2) with a pre-tokenizer that is known by name, or SentencePiece's (llama).
 * @throws AttuneError `missing-tokenizer`, `tokenizer-unsupported`, `tokenizer-invalid`
 */
export function tokenizerFromGguf(file: GgufFile): TokenizerFiles {
  const read = metadataReader(file.metadata, file.name);
  const kind = read.string('tokenizer.ggml.model');
  if (kind === undefined) {
    throw new AttuneError(
      'missing-tokenizer',
      `${file.name} holds no tokenizer.`,
      'Put the tokenizer.json of the model into a folder with it.',
    );
  }
  if (kind !== 'gpt2' && kind !== 'llama') {
    throw unsupported(
      file.name,
      `a tokenizer of the kind ${short(kind)}; only gpt2 (byte-level BPE) and llama (SentencePiece)`,
    );
  }
  const types = read.list('tokenizer.ggml.token_type');
  const tokens = strings(
    read.list('tokenizer.ggml.tokens'),
    'tokenizer.ggml.tokens',
    file.name,
  ).map((token, id) => (kind === 'llama' ? pieceOf(token, types?.[id]) : token));
  const vocab = vocabulary(tokens, file.name);
  const { addBos: usual, ...parts } =
    kind === 'llama' ? pieceParts(file, tokens, types) : byteLevelParts(file, vocab);
  const special = (key: string): number | undefined => {
    const id = read.number(`tokenizer.ggml.${key}_token_id`);
    if (id === undefined || (Number.isInteger(id) && id >= 0 && id < tokens.length)) return id;
    throw invalid(
      file.name,
      `tokenizer.ggml.${key}_token_id is ${id}; there are ${tokens.length} tokens`,
    );
  };
  const bos = special('bos');
  const addBos = (read.boolean('tokenizer.ggml.add_bos_token') ?? usual) && bos !== undefined;
  const chatTemplate = read.string('tokenizer.chat_template');
  const tokenizerConfig: Record<string, unknown> = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    add_bos_token: addBos,
  };
  for (const [word, key] of [
    ['bos_token', 'bos'],
    ['eos_token', 'eos'],
    ['unk_token', 'unknown'],
    ['pad_token', 'padding'],
  ] as const) {
    const id = special(key);
    if (id !== undefined) tokenizerConfig[word] = tokens[id];
  }
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(tokens, types, file.name),
      normalizer: parts.normalizer,
      pre_tokenizer: parts.pre_tokenizer,
      post_processor: addBos ? prepend(tokens[bos]!, bos) : null,
      decoder: parts.decoder,
      model: parts.model,
    },
    tokenizerConfig,
    ...(chatTemplate !== undefined && { chatTemplate }),
  };
}

/** The steps and the model of a byte-level BPE, and whether llama.cpp puts bos in front. */
function byteLevelParts(file: GgufFile, vocab: Map<string, number>) {
  const read = metadataReader(file.metadata, file.name);
  const preName = read.string('tokenizer.ggml.pre') ?? 'default';
  const pre = preTokenizerOf(preName);
  if (pre === undefined) {
    const known = Object.keys(PRE_TOKENIZERS).join(', ');
    throw unsupported(file.name, `the pre-tokenizer ${short(preName)}; only ${known}`);
  }
  const merges = readMerges(
    strings(read.list('tokenizer.ggml.merges'), 'tokenizer.ggml.merges', file.name),
    vocab,
    file.name,
  );
  return {
    addBos: pre.addBos,
    normalizer: pre.normalizer,
    pre_tokenizer: pre.preTokenizer,
    // As the library writes it; a decoder looks at none of these flags.
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pre.ignoreMerges,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}

function pieceParts(file: GgufFile, tokens: string[], types: ArrayLike<unknown> | undefined) {
  const scores = metadataReader(file.metadata, file.name).list('tokenizer.ggml.scores');
  for (const [key, list] of [
    ['scores', scores],
    ['types', types],
  ] as const) {
    if (list?.length === tokens.length && Array.from(list).every((n) => typeof n === 'number'))
      continue;
    throw invalid(file.name, `${tokens.length} tokens have ${list?.length ?? 'no'} ${key}`);
  }
  const pieces = { tokens, scores: scores as number[], types: types as number[] };
  return { addBos: true, ...sentencePieceParts(file, pieces) };
}

function strings(list: ArrayLike<unknown> | undefined, key: string, file: string): string[] {
  const items = list === undefined ? [] : Array.from(list);
  if (items.length > 0 && items.every((item) => typeof item === 'string')) return items as string[];
  throw invalid(file, `${key} is ${list === undefined ? 'absent' : 'not a list of strings'}`);
}

function vocabulary(tokens: string[], file: string): Map<string, number> {
  const vocab = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const other = vocab.get(token);
    if (other !== undefined)
      throw invalid(file, `tokens ${other} and ${id} are both ${short(token)}`);
    vocab.set(token, id);
  }
  return vocab;
}

/** "Ġ t" → ["Ġ", "t"]. Sides are parted by the first space that is not the first character. */
function readMerges(
  merges: string[],
  vocab: Map<string, number>,
  file: string,
): [string, string][] {
  return merges.map((merge, i) => {
    const space = merge.indexOf(' ', 1);
    const left = merge.slice(0, space);
    const right = merge.slice(space + 1);
    if (space < 0 || ![left, right, left + right].every((part) => vocab.has(part))) {
      throw invalid(file, `merge ${i}, ${short(merge)}, does not join two tokens into a third`);
    }
    return [left, right];
  });
}

/** Control tokens are special; user-defined ones are matched whole too, but kept when text is decoded. */
function addedTokens(tokens: string[], types: ArrayLike<unknown> | undefined, file: string) {
  if (types !== undefined && types.length !== tokens.length) {
    throw invalid(file, `${tokens.length} tokens have ${types.length} types`);
  }
  const { control, userDefined, unknown } = TOKEN_TYPES;
  return tokens.flatMap((content, id) => {
    const type = types?.[id] ?? TOKEN_TYPES.normal;
    if (type !== control && type !== userDefined && type !== unknown) return [];
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...plain, special: type !== userDefined }];
  });
}

/** A post-processor that puts one token in front of every text. */
function prepend(token: string, id: number) {
  const special = { SpecialToken: { id: token, type_id: 0 } };
  const sequence = (name: string, type_id: number) => ({ Sequence: { id: name, type_id } });
  const second = { SpecialToken: { id: token, type_id: 1 } };
  return {
    type: 'TemplateProcessing',
    single: [special, sequence('A', 0)],
    pair: [special, sequence('A', 0), second, sequence('B', 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

function unsupported(file: string, what: string): AttuneError {
  return new AttuneError(
    'tokenizer-unsupported',
    `${file} holds ${what} is read from GGUF.`,
    'Put the tokenizer.json of the model into a folder with it, and give the folder.',
  );
}

function invalid(file: string, what: string): AttuneError {
  return new AttuneError(
    'tokenizer-invalid',
    `${file}: ${what}.`,
    'Convert the model again, or put its tokenizer.json into a folder with it.',
  );
}
