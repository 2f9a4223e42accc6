import { Tokenizer as Library } from '@huggingface/tokenizers';
import { splitWords } from './byte-level.ts';
import type { Json, TokenizerFile } from './tokenizer-file.ts';
import { unsupported } from './tokenizer-file.ts';

/** The steps around the model, as functions of strings. */
export interface Steps {
  normalize: ((text: string) => string) | undefined;
  /** Cuts normalised text into pre-tokens; `first` tells that it begins the whole text. */
  split: (text: string, first: boolean) => string[];
  /** Pre-tokens are to be taken as bytes in GPT-2's alphabet. */
  byteLevel: boolean;
  /** Tokens to text, where the decoder is not the byte-level one. */
  decode: ((tokens: string[]) => string) | undefined;
  byteLevelDecoder: boolean;
  /** Tokens of one pre-token, for the models that the library runs. */
  library: ((piece: string) => string[]) | undefined;
}

/**
 * Builds the steps from a tokenizer.json with `@huggingface/tokenizers`, mending what it does
 * otherwise than the Rust tokenizers: digits are any of Nd, Nl and No there, not only ASCII; `\w` is
 * Unicode's; the byte-level splitter has its own spaces (byte-level.ts).
 *
 * @throws AttuneError `tokenizer-unsupported`
 */
export function buildSteps(file: TokenizerFile, config: Json): Steps {
  const flat = flatten(file.preTokenizer);
  const last = flat[flat.length - 1];
  const byteLevel = last?.type === 'ByteLevel' ? last : undefined;
  const before = byteLevel ? flat.slice(0, -1) : flat;
  const ownModel = file.modelType !== 'WordPiece';
  let library: Library;
  try {
    library = new Library(
      {
        version: '1.0',
        added_tokens: ownModel ? [] : file.addedTokens,
        normalizer: file.normalizer,
        pre_tokenizer: before.length ? { type: 'Sequence', pretokenizers: before.map(mend) } : null,
        post_processor: null,
        decoder: file.decoder,
        // What is done here, on ids, leaves the library's own part empty.
        model: ownModel ? { type: 'BPE', vocab: {}, merges: [] } : file.model,
      },
      config,
    );
  } catch (cause) {
    throw unsupported(`tokenizer.json cannot be used: ${(cause as Error).message}.`, { cause });
  }
  const { normalizer, pre_tokenizer: preTokenizer, decoder, model } = library;
  mendDecoder(decoder as LibraryDecoder | null);
  const cut = (text: string, first: boolean): string[] =>
    preTokenizer ? preTokenizer.pre_tokenize(text, { section_index: first ? 0 : 1 }) : [text];
  const toBytes = (piece: string): string[] => {
    const text =
      byteLevel!.add_prefix_space === true && !piece.startsWith(' ') ? ` ${piece}` : piece;
    return byteLevel!.use_regex === false ? [text] : splitWords(text);
  };
  return {
    normalize: normalizer ? (text) => normalizer.normalize(text) : undefined,
    split: byteLevel ? (text, first) => cut(text, first).flatMap(toBytes) : cut,
    byteLevel: byteLevel !== undefined,
    byteLevelDecoder: file.decoder?.type === 'ByteLevel',
    decode: decoder ? (tokens) => decoder.decode(tokens) : undefined,
    library: ownModel || !model ? undefined : (piece) => model._call([piece]),
  };
}

function flatten(step: Json | null): Json[] {
  if (!step) return [];
  if (step.type !== 'Sequence') return [step];
  return ((step.pretokenizers as Json[] | undefined) ?? []).flatMap(flatten);
}

const punctuation = '[\\p{P}!-/:-@\\[-`{-~]';

function mend(step: Json): Json {
  switch (step.type) {
    case 'Digits':
      return split('\\p{N}', step.individual_digits ? 'Isolated' : 'Contiguous');
    case 'Whitespace':
      return matches('\\w+|[^\\w\\s]+');
    case 'Punctuation':
      return split(punctuation, String(step.behavior ?? 'Isolated'));
    case 'ByteLevel':
      throw unsupported('The tokenizer splits again after its ByteLevel step.');
    case 'Split': {
      const pattern = (step.pattern ?? {}) as { Regex?: string; String?: string };
      const regex = pattern.Regex ?? pattern.String?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      // Some files are inverted: the pattern then says what the pieces are, as the library has it.
      if (step.invert || regex === undefined) return step;
      return split(regex, String(step.behavior ?? 'Isolated'));
    }
    default:
      return step;
  }
}

/** A step that keeps each match, and drops the rest. */
function matches(regex: string): Json {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Removed', invert: true };
}

/** A splitter, by the names that the Rust tokenizers give to what becomes of a match. */
function split(regex: string, behavior: string): Json {
  const other = `(?:(?!${regex})[\\s\\S])`;
  switch (behavior) {
    case 'Isolated':
    case 'Removed':
      return { type: 'Split', pattern: { Regex: regex }, behavior, invert: false };
    case 'Contiguous':
      return matches(`(?:${regex})+|${other}+`);
    case 'MergedWithPrevious':
      return matches(`${other}*(?:${regex})|${other}+`);
    case 'MergedWithNext':
      return matches(`(?:${regex})${other}*|${other}+`);
    default:
      throw unsupported(`The tokenizer splits with the behaviour "${behavior}".`);
  }
}

interface LibraryDecoder {
  config?: { type?: string };
  decoders?: LibraryDecoder[];
  text_decoder?: Pick<TextDecoder, 'decode'>;
}

/** Byte tokens that are no UTF-8 become one U+FFFD each, and a byte order mark stays, as in Rust. */
function mendDecoder(decoder: LibraryDecoder | null): void {
  decoder?.decoders?.forEach(mendDecoder);
  if (decoder?.config?.type !== 'ByteFallback') return;
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  decoder.text_decoder = {
    decode(bytes?: Uint8Array): string {
      try {
        return strict.decode(bytes);
      } catch {
        return '\uFFFD'.repeat(bytes?.length ?? 0);
      }
    },
  };
}
