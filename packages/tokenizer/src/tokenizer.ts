import { AttuneError } from '@attune/gpu';
import type { AddedToken } from './added-tokens.ts';
import { AddedTokenSplitter } from './added-tokens.ts';
import type { Word } from './bpe.ts';
import { joinBytes, tokenBytes } from './byte-level.ts';
import { CharFinder } from './char-finder.ts';
import type { ChatMessage, ChatOptions, ChatTemplate } from './chat-template.ts';
import { NamedTemplates, readChatTemplates } from './named-templates.ts';
import { withNamedTokens } from './named-tokens.ts';
import type { SpecialTokens } from './special-tokens.ts';
import { readSpecialTokens } from './special-tokens.ts';
import type { Steps } from './steps.ts';
import { buildSteps } from './steps.ts';
import { StreamDecoder } from './stream-decoder.ts';
import type { TokenModel } from './token-model.ts';
import { makeModel } from './token-model.ts';
import type { Json, TokenizerFile } from './tokenizer-file.ts';
import { parseObject, readTokenizerFile } from './tokenizer-file.ts';

/** The files of a model folder that concern text, as text or parsed. */
export interface TokenizerFiles {
  tokenizerJson: string | Json;
  tokenizerConfig?: string | Json | undefined;
  /** chat_template.jinja; wins over `chat_template` in tokenizer_config.json. */
  chatTemplate?: string | undefined;
  /** Further templates by name, such as `tool_use`. */
  namedTemplates?: Readonly<Record<string, string>> | undefined;
  generationConfig?: string | Json | undefined;
}

export interface EncodeOptions {
  /** Put the tokens around the text that the model expects, such as BOS. Default true. */
  addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  skipSpecialTokens?: boolean;
}

export interface EncodeChatOptions extends ChatOptions {
  /** Also say which tokens the assistant wrote. Default false. */
  assistantMask?: boolean;
}

export interface EncodedChat {
  ids: number[];
  /** 1 where the assistant wrote the token, as the template's `{% generation %}` blocks say. */
  assistantMask?: Uint8Array;
}

/** What encoding has lost so far: it says so, where the reference implementations are silent. */
export interface LostText {
  /** Symbols (bytes or characters) for which the vocabulary has no token; they are left out. */
  dropped: number;
  /** Symbols that became the unknown token. */
  unknown: number;
  /** The first few pre-tokens that it happened in. */
  examples: string[];
}

/**
 * Text to token ids and back, for a Hugging Face tokenizer.json.
 *
 * @example
 * const tokenizer = Tokenizer.from({ tokenizerJson, tokenizerConfig, chatTemplate });
 * const { ids } = tokenizer.encodeChat([{ role: 'user', content: 'Hello' }], { addGenerationPrompt: true });
 */
export class Tokenizer {
  /** One more than the largest id: rows that the embedding needs at least. */
  readonly vocabSize: number;
  readonly bosTokenId: number | undefined;
  readonly eosTokenId: number | undefined;
  /** The padding token, or EOS where the model names none. */
  readonly padTokenId: number | undefined;
  /** Every id that ends a completion (generation_config.json may list several). */
  readonly eosTokenIds: readonly number[];
  /** EOS as text. */
  readonly eosToken: string | undefined;
  readonly lost: LostText = { dropped: 0, unknown: 0, examples: [] };

  readonly #file: TokenizerFile;
  readonly #steps: Steps;
  readonly #model: TokenModel;
  readonly #special: SpecialTokens;
  readonly #specialIds: Set<number>;
  readonly #addedIds: Set<number>;
  readonly #tokens: (string | undefined)[];
  readonly #bytes: (Uint8Array | undefined)[] = [];
  readonly #verbatim: AddedTokenSplitter;
  readonly #normalized: AddedTokenSplitter | undefined;
  readonly #trimSpaces: boolean;
  readonly #templates: NamedTemplates | undefined;

  private constructor(files: TokenizerFiles) {
    const config = parseObject(files.tokenizerConfig, 'tokenizer_config.json');
    const file = withNamedTokens(readTokenizerFile(files.tokenizerJson), config);
    this.#file = file;
    this.#steps = buildSteps(file, config);
    this.#model = makeModel(file, this.#steps);
    this.#special = readSpecialTokens(
      file,
      config,
      parseObject(files.generationConfig, 'generation_config.json'),
    );
    this.#tokens = [];
    this.#addedIds = new Set(file.addedTokens.map((t) => t.id));
    this.#specialIds = new Set(file.addedTokens.filter((t) => t.special).map((t) => t.id));
    this.bosTokenId = this.#special.bosTokenId;
    this.eosTokenId = this.#special.eosTokenId;
    this.padTokenId = this.#special.padTokenId;
    this.eosTokenIds = this.#special.eosTokenIds;
    const normalize = this.#steps.normalize;
    for (const [content, id] of file.vocab) this.#tokens[id] = content;
    this.vocabSize = this.#tokens.length;
    const later = normalize ? file.addedTokens.filter((t) => t.normalized) : [];
    const entries = (tokens: AddedToken[], form: (text: string) => string) =>
      tokens.map((token) => [form(token.content), token] as const);
    // Such a token stands in the text, and comes back, in its normalised form.
    for (const { id, content } of later) this.#tokens[id] = normalize!(content);
    this.#verbatim = new AddedTokenSplitter(
      entries(
        file.addedTokens.filter((t) => !later.includes(t)),
        (text) => text,
      ),
    );
    this.#normalized = later.length
      ? new AddedTokenSplitter(entries(later, normalize!))
      : undefined;
    this.eosToken =
      this.#special.names.eos_token ??
      (this.eosTokenId === undefined ? undefined : this.#tokens[this.eosTokenId]);
    this.#trimSpaces = JSON.stringify(file.postProcessor).includes('"trim_offsets":true');
    const templates = readChatTemplates(files.chatTemplate, files.namedTemplates, config);
    this.#templates = templates && new NamedTemplates(templates, this.#special.names);
  }

  /**
   * @throws AttuneError `tokenizer-invalid`, `tokenizer-unsupported`, `tokenizer-regex-refused`,
   * `chat-template-invalid`
   */
  static from(files: TokenizerFiles): Tokenizer {
    return new Tokenizer(files);
  }

  get hasChatTemplate(): boolean {
    return this.#templates !== undefined;
  }

  /** Token ids of a text. */
  encode(text: string, { addSpecialTokens = true }: EncodeOptions = {}): number[] {
    const ids = addSpecialTokens ? [...this.#special.prefix] : [];
    this.#encodeInto(ids, text);
    if (addSpecialTokens) ids.push(...this.#special.suffix);
    return ids;
  }

  /**
   * Text of token ids. Ids without a token, such as the padding rows of an embedding, give nothing.
   *
   * @throws AttuneError `bad-token`
   */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const kept: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (!Number.isInteger(id) || id < 0) {
        throw new AttuneError(
          'bad-token',
          `Token ${i} to decode is ${id}; ids are whole numbers from 0 to ${this.vocabSize - 1}.`,
          'Labels hold -100 where nothing is trained: decode the input ids.',
        );
      }
      if (this.#tokens[id] === undefined) continue;
      if (!(skipSpecialTokens && this.#specialIds.has(id))) kept.push(id);
    }
    if (this.#steps.byteLevelDecoder) return joinBytes(kept.map((id) => this.#bytesOf(id)));
    const tokens = kept.map((id) => this.#tokens[id]!);
    if (tokens.length === 0) return '';
    return this.#steps.decode ? this.#steps.decode(tokens) : tokens.join(' ');
  }

  /** A decoder that takes one token at a time and holds back incomplete characters. */
  stream(options?: DecodeOptions): StreamDecoder {
    return new StreamDecoder((ids) => this.decode(ids, options));
  }

  /** The token's own text in the vocabulary, or undefined. */
  tokenText(id: number): string | undefined {
    return this.#tokens[id];
  }

  /** The id of a token by its text in the vocabulary, or undefined. */
  tokenId(text: string): number | undefined {
    return this.#file.vocab.get(text);
  }

  /** Whether the token is one of those that are found in text before it is split. */
  isAdded(id: number): boolean {
    return this.#addedIds.has(id);
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  /**
   * The conversation as text, by the model's chat template.
   *
   * @throws AttuneError `chat-template-missing`, `chat-template-invalid`, `chat-template-refused`,
   * `chat-template-runaway`
   */
  renderChat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    return this.#chatTemplate(options).render(messages, options).text;
  }

  /**
   * The conversation as tokens, and which of them the assistant wrote (transformers'
   * `return_assistant_tokens_mask`).
   *
   * @throws AttuneError also `chat-template-unmarked` where the mask is asked for and the template
   * has no generation blocks
   */
  encodeChat(messages: readonly ChatMessage[], options: EncodeChatOptions = {}): EncodedChat {
    const template = this.#chatTemplate(options);
    if (!options.assistantMask) {
      const ids: number[] = [];
      this.#encodeInto(ids, template.render(messages, options).text);
      return { ids };
    }
    const { text, generated } = template.forTraining().renderMarked(messages, options);
    // The last character of a stretch may take two UTF-16 units.
    const lastCharacter = (end: number): number =>
      end - (/[\uDC00-\uDFFF]/.test(text[end - 1] ?? '') ? 2 : 1);
    const asked = generated.flatMap(({ start, end }) => [start, lastCharacter(end)]);
    const finder = new CharFinder(asked, this.#steps.byteLevel, this.#trimSpaces);
    const ids: number[] = [];
    this.#encodeInto(ids, text, finder);
    const assistantMask = new Uint8Array(ids.length);
    for (const { start, end } of generated) {
      const first = finder.tokenAt(start);
      if (first === undefined) break;
      const last = finder.tokenAt(lastCharacter(end));
      assistantMask.fill(1, first, last ? last + 1 : ids.length);
    }
    return { ids, assistantMask };
  }

  #chatTemplate({ tools, kwargs }: ChatOptions): ChatTemplate {
    if (this.#templates) return this.#templates.for(tools ?? kwargs?.tools);
    throw new AttuneError(
      'chat-template-missing',
      'The rows are conversations, but the model has no chat template.',
      'Put a chat_template.jinja beside its tokenizer.json, or use a model tuned for chat.',
    );
  }

  #encodeInto(ids: number[], text: string, finder?: CharFinder): void {
    checkWellFormed(text);
    const { normalize } = this.#steps;
    for (const section of this.#verbatim.split(text)) {
      if (section.token) {
        finder?.addedToken(section, ids.length);
        ids.push(section.token.id);
        continue;
      }
      const normalized = normalize ? normalize(section.text) : section.text;
      finder?.section(section, normalized, normalize);
      const parts = this.#normalized?.split(normalized) ?? [
        { text: normalized, start: 0, token: undefined },
      ];
      for (const part of parts) {
        if (part.token) {
          finder?.piece(part.text, wholeWord(part.token.id), ids.length);
          ids.push(part.token.id);
        } else if (part.text !== '') {
          this.#encodePlain(ids, part.text, section.start === 0 && part.start === 0, finder);
        }
      }
    }
  }

  #encodePlain(ids: number[], text: string, first: boolean, finder: CharFinder | undefined): void {
    for (const piece of this.#steps.split(text, first)) {
      if (piece === '') continue;
      const word = this.#model.encode(piece);
      finder?.piece(piece, word, ids.length);
      for (const id of word.ids) ids.push(id);
      if (word.dropped || word.unknown) {
        this.lost.dropped += word.dropped;
        this.lost.unknown += word.unknown;
        if (this.lost.examples.length < 8) this.lost.examples.push(piece);
      }
    }
  }

  #bytesOf(id: number): Uint8Array {
    this.#bytes[id] ??= tokenBytes(this.#tokens[id]!);
    return this.#bytes[id];
  }
}

function wholeWord(id: number): Word {
  return { ids: [id], ends: [Number.POSITIVE_INFINITY], dropped: 0, unknown: 0 };
}

// With the flag u, whole pairs do not match.
const loneSurrogate = /\p{Surrogate}/u;

function checkWellFormed(text: string): void {
  const at = text.search(loneSurrogate);
  if (at < 0) return;
  const half = text.charCodeAt(at).toString(16).toUpperCase();
  const around = text.slice(Math.max(0, at - 20), at).replace(loneSurrogate, '');
  throw new AttuneError(
    'lone-surrogate',
    `A text holds half of a surrogate pair (U+${half}) at position ${at}, behind ${JSON.stringify(around)}: that is no character, and no bytes stand for it.`,
    'An emoji or a rare letter was cut in two when the text was made: write it whole, or remove what is left of it.',
  );
}
