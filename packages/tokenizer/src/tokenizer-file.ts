import { AttuneError } from '@attune/gpu';
import type { AddedToken } from './added-tokens.ts';
import { screenRegex } from './regex-screen.ts';

export type Json = Record<string, unknown>;

/** What a tokenizer.json holds, checked. The steps stay as they stand in the file. */
export interface TokenizerFile {
  modelType: 'BPE' | 'Unigram' | 'WordPiece';
  model: Json;
  /** Token text to id, of the model alone. */
  modelVocab: Map<string, number>;
  /** The same with the added tokens. */
  vocab: Map<string, number>;
  merges: [string, string][];
  addedTokens: AddedToken[];
  normalizer: Json | null;
  preTokenizer: Json | null;
  postProcessor: Json | null;
  decoder: Json | null;
}

const idLimit = 2 ** 24;
const growthLimit = 4096;
const depthLimit = 32;

/**
 * Reads a tokenizer.json and checks what the tokenizer relies on: the model's type, every id, the
 * merges' form, and that no regular expression or replacement can run away.
 *
 * @throws AttuneError `tokenizer-invalid`, `tokenizer-unsupported`, `tokenizer-regex-refused`
 */
export function readTokenizerFile(source: string | Json): TokenizerFile {
  const json = typeof source === 'string' ? parseJson(source) : source;
  const model = object(json.model, 'model');
  const addedTokens = readAddedTokens(json.added_tokens);
  const steps = {
    normalizer: step(json.normalizer, 'normalizer'),
    preTokenizer: step(json.pre_tokenizer, 'pre_tokenizer'),
    postProcessor: step(json.post_processor, 'post_processor'),
    decoder: step(json.decoder, 'decoder'),
  };
  const growth = { factor: 1 };
  for (const part of Object.values(steps)) screenStep(part, growth, 0);
  const modelType = modelTypeOf(model);
  const modelVocab = modelType === 'Unigram' ? readPieces(model.vocab) : readVocab(model.vocab);
  const vocab = new Map(modelVocab);
  for (const token of addedTokens) vocab.set(token.content, token.id);
  const merges = modelType === 'BPE' ? readMerges(model.merges) : [];
  return { modelType, model, modelVocab, vocab, merges, addedTokens, ...steps };
}

export function invalid(what: string, options?: ErrorOptions): AttuneError {
  return new AttuneError(
    'tokenizer-invalid',
    what,
    'The file is damaged, or not a tokenizer: take the tokenizer.json that came with the model.',
    options,
  );
}

export function unsupported(what: string, options?: ErrorOptions): AttuneError {
  return new AttuneError(
    'tokenizer-unsupported',
    what,
    'Byte-pair, Unigram and WordPiece tokenizers of Llama, Qwen, Gemma and GPT-2 models work.',
    options,
  );
}

function parseJson(text: string): Json {
  try {
    return object(JSON.parse(text), 'the file');
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw invalid(`tokenizer.json is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

function object(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`In tokenizer.json, ${name} is not an object.`);
  }
  return value as Json;
}

function step(value: unknown, name: string): Json | null {
  return value === null || value === undefined ? null : object(value, name);
}

function modelTypeOf(model: Json): TokenizerFile['modelType'] {
  const type = model.type ?? (Array.isArray(model.merges) ? 'BPE' : undefined);
  if (type !== 'BPE' && type !== 'Unigram' && type !== 'WordPiece') {
    throw unsupported(`The tokenizer's model type is ${JSON.stringify(model.type)}.`);
  }
  if (type === 'BPE') {
    for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
      if (model[key]) throw unsupported(`The tokenizer sets ${key} to "${String(model[key])}".`);
    }
    if (model.dropout) throw unsupported('The tokenizer drops merges at random (dropout).');
  }
  return type;
}

function checkId(id: unknown, content: string): number {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= idLimit) {
    throw invalid(`Token "${content}" has the id ${String(id)}; ids are whole numbers from 0.`);
  }
  return id;
}

function readVocab(value: unknown): Map<string, number> {
  const vocab = new Map<string, number>();
  const owners = new Set<number>();
  for (const [content, id] of Object.entries(object(value, 'the vocabulary'))) {
    if (owners.has(checkId(id, content))) {
      throw invalid(`Two tokens have the id ${String(id)}; one is "${content}".`);
    }
    owners.add(id as number);
    vocab.set(content, id as number);
  }
  return vocab;
}

function readPieces(value: unknown): Map<string, number> {
  if (!Array.isArray(value)) throw invalid('The Unigram vocabulary is not a list.');
  return new Map(
    value.map((entry: unknown, id) => {
      const [piece, score] = Array.isArray(entry) ? entry : [];
      if (typeof piece === 'string' && typeof score === 'number') return [piece, id];
      throw invalid(`Piece ${id} is ${JSON.stringify(entry)}, not a text and its score.`);
    }),
  );
}

function readMerges(value: unknown): [string, string][] {
  if (!Array.isArray(value)) throw invalid('The BPE model has no list of merges.');
  return value.map((merge: unknown, rank) => {
    // Old files write "a b", where neither half holds a space.
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((x) => typeof x === 'string')) {
      throw invalid(`Merge ${rank} is ${JSON.stringify(merge)}, not a pair of tokens.`);
    }
    return [pair[0], pair[1]];
  });
}

function readAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('added_tokens is not a list.');
  return value.map((entry: unknown) => {
    const token = object(entry, 'an added token');
    if (typeof token.content !== 'string' || token.content === '') {
      throw invalid(`An added token has the content ${JSON.stringify(token.content)}.`);
    }
    const special = token.special === true;
    return {
      id: checkId(token.id, token.content),
      content: token.content,
      special,
      normalized: (token.normalized as boolean | undefined) ?? !special,
      lstrip: token.lstrip === true,
      rstrip: token.rstrip === true,
      singleWord: token.single_word === true,
    };
  });
}

/** Screens every regular expression, and that replacements cannot multiply the text without end. */
function screenStep(part: unknown, growth: { factor: number }, depth: number): void {
  if (typeof part !== 'object' || part === null) return;
  if (depth > depthLimit)
    throw invalid(`A step of tokenizer.json nests more than ${depthLimit} deep.`);
  const fields = part as Json;
  if (typeof fields.Regex === 'string') screenRegex(fields.Regex);
  if (fields.type === 'Replace' && typeof fields.content === 'string') {
    growth.factor *= Math.max(1, fields.content.length);
    if (growth.factor > growthLimit) {
      throw invalid(
        `The replacements in tokenizer.json can make text ${growth.factor} times longer.`,
      );
    }
  }
  for (const value of Object.values(fields)) screenStep(value, growth, depth + 1);
}

/** A JSON object, given as text or as it is; nothing is an empty one. */
export function parseObject(source: string | Json | undefined, name: string): Json {
  if (typeof source !== 'string') return source ?? {};
  try {
    const json: unknown = JSON.parse(source);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  } catch (cause) {
    throw invalid(`${name} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  throw invalid(`${name} is not a JSON object.`);
}
