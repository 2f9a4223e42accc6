import { AttuneError } from '@attune/gpu';
import { byteSymbols, splitWords, toSymbols } from './byte-level.ts';
import type { Json } from './tokenizer-file.ts';

export interface TrainTokenizerOptions {
  /** Tokens in all: special ones, the 256 bytes, merges. Default 30,000. */
  vocabSize?: number;
  /** Pairs that stand together less often are not merged. Default 0. */
  minFrequency?: number;
  /** Tokens 0, 1, …, such as `<|endoftext|>`. Default none. */
  specialTokens?: readonly string[];
  /** Every text begins with a space, so that its first word is as any other. Default false. */
  addPrefixSpace?: boolean;
  signal?: AbortSignal | undefined;
  /** Called now and then with the tokens there are so far, of `vocabSize`. */
  onProgress?: (tokens: number) => void;
}

/** Two ids side by side, as one number: both are below 2^24. */
type Pair = number;
const shift = 2 ** 24;

/**
 * Trains a byte-level BPE tokenizer on texts, in the way of GPT-2: the tokenizer.json that Hugging
 * Face tokenizers writes for `BpeTrainer` with `ByteLevel` on the same texts, merge for merge. Of
 * pairs that stand equally often the one with the lower ids comes first, as there. Each text is split
 * by itself; special tokens in it are text like other.
 *
 * @throws AttuneError `vocab-size-invalid`, `corpus-empty`; the signal's reason
 * @see Sennrich et al. 2016, https://arxiv.org/abs/1508.07909
 * @example const tokenizerJson = await trainTokenizer(lines, { vocabSize: 8192, specialTokens: ['<|endoftext|>'] });
 */
export async function trainTokenizer(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainTokenizerOptions = {},
): Promise<Json> {
  const { vocabSize = 30_000, specialTokens = [], addPrefixSpace = false } = options;
  const vocab = new Map<string, number>();
  for (const token of specialTokens) if (!vocab.has(token)) vocab.set(token, vocab.size);
  const special = [...vocab.keys()];
  for (const symbol of [...byteSymbols].sort())
    if (!vocab.has(symbol)) vocab.set(symbol, vocab.size);
  if (!Number.isInteger(vocabSize) || vocabSize < vocab.size || vocabSize >= shift) {
    throw new AttuneError(
      'vocab-size-invalid',
      `vocab_size is ${vocabSize}; ${special.length} special tokens and 256 bytes take ${vocab.size}.`,
      `Give a whole number from ${vocab.size} to ${shift - 1}.`,
    );
  }
  const counts = await countWords(texts, addPrefixSpace, options.signal);
  if (counts.size === 0) {
    throw new AttuneError(
      'corpus-empty',
      'The corpus has no text.',
      'Give a file with text, or name the column that holds it.',
    );
  }
  const merges = await new MergeFinder(counts, vocab).find(vocabSize, options);
  return tokenizerFile(vocab, merges, special, addPrefixSpace);
}

const wordsPerBreath = 20_000;

async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  addPrefixSpace: boolean,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let words = 0;
  for await (const text of texts) {
    const whole = addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    for (const word of splitWords(whole)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      if (++words % wordsPerBreath === 0) signal?.throwIfAborted();
    }
  }
  return counts;
}

interface Candidate {
  pair: Pair;
  count: number;
  /** Words in which the pair stood when it was put into the queue. */
  words: Set<number>;
}

const mergesPerBreath = 200;

/**
 * Merges the pair that stands together most often until the vocabulary is full. Counts in the queue
 * are mended when they come up, as in the Rust trainer; that of a pair already merged stays as it was.
 */
class MergeFinder {
  readonly #vocab: Map<string, number>;
  readonly #tokens: string[];
  readonly #words: number[][] = [];
  readonly #weights: number[] = [];
  readonly #counts = new Map<Pair, number>();
  readonly #queue = new CandidateHeap();

  constructor(words: ReadonlyMap<string, number>, vocab: Map<string, number>) {
    this.#vocab = vocab;
    this.#tokens = [...vocab.keys()];
    const where = new Map<Pair, Set<number>>();
    for (const [word, weight] of words) {
      const ids = Array.from(toSymbols(word), (symbol) => vocab.get(symbol)!);
      const index = this.#words.push(ids) - 1;
      this.#weights.push(weight);
      for (let i = 0; i + 1 < ids.length; i++) {
        this.#change(ids[i]! * shift + ids[i + 1]!, 1, index, where);
      }
    }
    this.#enqueue(where);
  }

  async find(
    vocabSize: number,
    { minFrequency = 0, signal, onProgress }: TrainTokenizerOptions,
  ): Promise<[string, string][]> {
    const merges: [string, string][] = [];
    while (this.#vocab.size < vocabSize) {
      const top = this.#queue.pop();
      if (!top) break;
      const count = this.#counts.get(top.pair)!;
      if (top.count !== count) {
        top.count = count;
        this.#queue.push(top);
        continue;
      }
      if (count < 1 || count < minFrequency) break;
      merges.push(this.#merge(top));
      if (merges.length % mergesPerBreath === 0) {
        onProgress?.(this.#vocab.size);
        await new Promise((resolve) => setTimeout(resolve));
        signal?.throwIfAborted();
      }
    }
    return merges;
  }

  #merge({ pair, words }: Candidate): [string, string] {
    const [a, b] = [Math.floor(pair / shift), pair % shift];
    const [left, right] = [this.#tokens[a]!, this.#tokens[b]!];
    let id = this.#vocab.get(left + right);
    if (id === undefined) {
      id = this.#tokens.push(left + right) - 1;
      this.#vocab.set(left + right, id);
    }
    const where = new Map<Pair, Set<number>>();
    for (const index of words) this.#mergeIn(index, a, b, id, where);
    this.#enqueue(where);
    return [left, right];
  }

  /** Merges in one word, in place, and counts its new and lost neighbours. */
  #mergeIn(index: number, a: number, b: number, id: number, where: Map<Pair, Set<number>>): void {
    const ids = this.#words[index]!;
    let kept = 0;
    for (let i = 0; i < ids.length; i++) {
      if (ids[i] !== a || i + 1 >= ids.length || ids[i + 1] !== b) {
        ids[kept++] = ids[i]!;
        continue;
      }
      if (kept > 0) {
        this.#change(ids[kept - 1]! * shift + a, -1, index, where);
        this.#change(ids[kept - 1]! * shift + id, 1, index, where);
      }
      i++;
      if (i + 1 < ids.length) {
        this.#change(b * shift + ids[i + 1]!, -1, index, where);
        this.#change(id * shift + ids[i + 1]!, 1, index, where);
      }
      ids[kept++] = id;
    }
    ids.length = kept;
  }

  #change(pair: Pair, by: number, index: number, where: Map<Pair, Set<number>>): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + by * this.#weights[index]!);
    if (by < 0) return;
    const words = where.get(pair);
    if (words) words.add(index);
    else where.set(pair, new Set([index]));
  }

  #enqueue(where: Map<Pair, Set<number>>): void {
    for (const [pair, words] of where) {
      const count = this.#counts.get(pair)!;
      if (count > 0) this.#queue.push({ pair, count, words });
    }
  }
}

/** Candidates by count, the most frequent first, of equal ones the pair with the lower ids. */
class CandidateHeap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!precedes(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!last || items.length === 0) return top;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && precedes(items[child + 1]!, items[child]!)) child++;
      if (!precedes(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

function precedes(a: Candidate, b: Candidate): boolean {
  return a.count === b.count ? a.pair < b.pair : a.count > b.count;
}

function tokenizerFile(
  vocab: Map<string, number>,
  merges: [string, string][],
  special: string[],
  addPrefixSpace: boolean,
): Json {
  const byteLevel = { type: 'ByteLevel', trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { ...byteLevel, add_prefix_space: addPrefixSpace },
    post_processor: null,
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}
