import { AttuneError } from '@attune/gpu';
import { byteSymbols, toSymbols, utf8 } from './byte-level.ts';

/** One pre-token as tokens. `ends[i]` is where token i ends, in symbols (bytes, or UTF-16 units). */
export interface Word {
  ids: number[];
  ends: number[] | undefined;
  /** Symbols for which the vocabulary has no token and no substitute: they vanish. */
  dropped: number;
  /** Symbols that became the unknown token. */
  unknown: number;
}

export interface BpeOptions {
  vocab: Map<string, number>;
  /** Pairs in order of preference. */
  merges: readonly (readonly [string, string])[];
  unkToken: string | undefined;
  fuseUnk: boolean;
  byteFallback: boolean;
  ignoreMerges: boolean;
  /** Pre-tokens arrive as text and are taken as bytes in GPT-2's alphabet. */
  byteLevel: boolean;
}

const cacheLimit = 20_000;
const cachedLength = 64;

/**
 * Byte-pair encoding on token ids, in the order of the Rust tokenizers: symbols without a token are
 * replaced or dropped first, then the best-ranked pair is merged, leftmost first, until none is left.
 *
 * @see Sennrich et al. 2016, https://arxiv.org/abs/1508.07909
 */
export class Bpe {
  readonly #options: BpeOptions;
  readonly #span: number;
  readonly #ranks = new Map<number, number>();
  readonly #merged: Int32Array;
  readonly #byteIds: Int32Array | undefined;
  readonly #fallback: Int32Array | undefined;
  readonly #unk: number | undefined;
  readonly #cache = new Map<string, Word>();

  constructor(options: BpeOptions) {
    const { vocab, merges } = options;
    this.#options = options;
    let span = 0;
    for (const id of vocab.values()) span = Math.max(span, id + 1);
    this.#span = span;
    this.#merged = new Int32Array(merges.length);
    merges.forEach(([left, right], rank) => {
      const a = vocab.get(left);
      const b = vocab.get(right);
      const joined = vocab.get(left + right);
      if (a === undefined || b === undefined || joined === undefined) {
        throw new AttuneError(
          'tokenizer-invalid',
          `Merge ${rank} of tokenizer.json joins "${left}" and "${right}", but ${a === undefined ? `"${left}"` : b === undefined ? `"${right}"` : `"${left + right}"`} is not in its vocabulary of ${vocab.size} tokens.`,
          'The file is damaged or edited by hand: take the tokenizer.json that came with the model.',
        );
      }
      // A pair written twice keeps its last rank, as in the Rust map.
      this.#ranks.set(a * span + b, rank);
      this.#merged[rank] = joined;
    });
    this.#unk = options.unkToken === undefined ? undefined : vocab.get(options.unkToken);
    if (options.byteLevel) {
      this.#byteIds = Int32Array.from(byteSymbols, (symbol) => vocab.get(symbol) ?? -1);
    }
    if (options.byteFallback) {
      this.#fallback = Int32Array.from(
        byteSymbols,
        (_, byte) => vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`) ?? -1,
      );
    }
  }

  /** Tokens of one pre-token. The result is shared: do not change it. */
  encode(piece: string): Word {
    const cached = this.#cache.get(piece);
    if (cached) return cached;
    const word = this.#encode(piece);
    if (piece.length <= cachedLength) {
      if (this.#cache.size >= cacheLimit) this.#cache.clear();
      this.#cache.set(piece, word);
    }
    return word;
  }

  #encode(piece: string): Word {
    if (this.#options.ignoreMerges) {
      const symbols = this.#byteIds ? toSymbols(piece) : piece;
      const whole = this.#options.vocab.get(symbols);
      if (whole !== undefined)
        return { ids: [whole], ends: [symbols.length], dropped: 0, unknown: 0 };
    }
    const word: Word & { ends: number[] } = { ids: [], ends: [], dropped: 0, unknown: 0 };
    if (this.#byteIds) this.#startBytes(piece, word);
    else this.#startCharacters(piece, word);
    if (word.ids.length > 1) this.#merge(word);
    return word;
  }

  #startBytes(piece: string, word: Word & { ends: number[] }): void {
    let end = 0;
    for (const byte of utf8(piece)) {
      end++;
      this.#push(word, this.#byteIds![byte]!, end);
    }
  }

  #startCharacters(piece: string, word: Word & { ends: number[] }): void {
    let end = 0;
    for (const character of piece) {
      end += character.length;
      const id = this.#options.vocab.get(character);
      const fallback = id === undefined ? this.#bytesOf(character) : undefined;
      if (fallback) for (const byteId of fallback) this.#push(word, byteId, end);
      else this.#push(word, id ?? -1, end);
    }
  }

  #bytesOf(character: string): number[] | undefined {
    if (!this.#fallback) return undefined;
    const ids = Array.from(utf8(character), (byte) => this.#fallback![byte]!);
    return ids.includes(-1) ? undefined : ids;
  }

  #push(word: Word & { ends: number[] }, id: number, end: number): void {
    if (id >= 0) {
      word.ids.push(id);
      word.ends.push(end);
    } else if (this.#unk === undefined) {
      word.dropped++;
    } else {
      word.unknown++;
      const last = word.ids.length - 1;
      if (this.#options.fuseUnk && last >= 0 && word.ids[last] === this.#unk) word.ends[last] = end;
      else {
        word.ids.push(this.#unk);
        word.ends.push(end);
      }
    }
  }

  #merge(word: Word & { ends: number[] }): void {
    const { ids, ends } = word;
    const n = ids.length;
    const next = Int32Array.from(ids, (_, i) => (i + 1 < n ? i + 1 : -1));
    const previous = Int32Array.from(ids, (_, i) => i - 1);
    const queue = new MinHeap();
    const consider = (at: number): void => {
      const right = next[at]!;
      if (right < 0) return;
      const rank = this.#ranks.get(ids[at]! * this.#span + ids[right]!);
      if (rank !== undefined) queue.push(rank * positions + at);
    };
    for (let i = 0; i < n; i++) consider(i);
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      const rank = Math.floor(key / positions);
      const at = key - rank * positions;
      const right = next[at]!;
      // The pair may have changed since it was queued.
      if (ids[at]! < 0 || right < 0) continue;
      if (this.#ranks.get(ids[at]! * this.#span + ids[right]!) !== rank) continue;
      ids[at] = this.#merged[rank]!;
      ends[at] = ends[right]!;
      ids[right] = -1;
      next[at] = next[right]!;
      if (next[right]! >= 0) previous[next[right]!] = at;
      next[right] = -1;
      if (previous[at]! >= 0) consider(previous[at]!);
      consider(at);
    }
    word.ends = ends.filter((_, i) => ids[i]! >= 0);
    word.ids = ids.filter((id) => id >= 0);
  }
}

// A queue key is rank * 2^27 + position: ordered by rank, then from the left, exact in a double.
const positions = 2 ** 27;

class MinHeap {
  readonly #keys: number[] = [];

  push(key: number): void {
    const keys = this.#keys;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (last === undefined || keys.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= keys.length) break;
      if (child + 1 < keys.length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}
