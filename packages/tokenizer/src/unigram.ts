import type { Word } from './bpe.ts';
import { utf8 } from './byte-level.ts';

export interface UnigramOptions {
  /** Pieces with the logarithms of their probabilities, by id. */
  pieces: readonly (readonly [piece: string, score: number])[];
  unkId: number | undefined;
  byteFallback: boolean;
}

interface Node {
  next: Map<number, Node>;
  id?: number;
}

/** What an unknown character costs beyond the least likely piece. */
const unknownPenalty = 10;

/**
 * The most probable way to cut a text into pieces, by the rules of the Rust tokenizers: unknown
 * characters that stand together are one, and become bytes where the vocabulary has these.
 *
 * @see Kudo 2018, https://arxiv.org/abs/1804.10959
 */
export class Unigram {
  readonly #scores: Float64Array;
  readonly #ids = new Map<string, number>();
  readonly #root: Node = { next: new Map() };
  readonly #unkId: number | undefined;
  readonly #unkScore: number;
  readonly #byteFallback: boolean;

  constructor({ pieces, unkId, byteFallback }: UnigramOptions) {
    this.#scores = Float64Array.from(pieces, ([, score]) => score);
    this.#unkId = unkId;
    this.#unkScore = this.#scores.reduce((least, score) => Math.min(least, score)) - unknownPenalty;
    this.#byteFallback = byteFallback;
    pieces.forEach(([piece], id) => {
      this.#ids.set(piece, id);
      if (piece !== '') this.#insert(piece, id);
    });
  }

  #insert(piece: string, id: number): void {
    let node = this.#root;
    for (let i = 0; i < piece.length; i++) {
      const unit = piece.charCodeAt(i);
      let child = node.next.get(unit);
      if (!child) {
        child = { next: new Map() };
        node.next.set(unit, child);
      }
      node = child;
    }
    node.id = id;
  }

  /** Tokens of one pre-token; `ends` are in UTF-16 units. */
  encode(text: string): Word {
    const word: Word & { ends: number[] } = { ids: [], ends: [], dropped: 0, unknown: 0 };
    const { starts, ids } = this.#bestPath(text);
    const cuts: [start: number, end: number][] = [];
    for (let end = text.length; end > 0; end = starts[end]!) {
      const last = cuts.at(-1);
      const unknown = ids[end] === unknownId;
      // Cuts are found from the end: an unknown stretch grows to the left.
      if (unknown && last && ids[last[1]] === unknownId) last[0] = starts[end]!;
      else cuts.push([starts[end]!, end]);
    }
    for (const [start, end] of cuts.reverse()) this.#push(word, text.slice(start, end), end);
    return word;
  }

  /** Of each place: where the piece that ends there on the best path begins, and its id. */
  #bestPath(text: string): { starts: Int32Array; ids: Int32Array } {
    const size = text.length + 1;
    const scores = new Float64Array(size);
    const starts = new Int32Array(size).fill(-1);
    const ids = new Int32Array(size);
    const offer = (start: number, end: number, score: number, id: number): void => {
      const total = scores[start]! + score;
      if (starts[end] !== -1 && !(total > scores[end]!)) return;
      scores[end] = total;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < text.length; ) {
      const length = text.codePointAt(start)! > 0xffff ? 2 : 1;
      let single = false;
      let node: Node | undefined = this.#root;
      for (let end = start; end < text.length; ) {
        node = node.next.get(text.charCodeAt(end++));
        if (!node) break;
        if (node.id === undefined) continue;
        offer(start, end, this.#scores[node.id]!, node.id);
        if (end - start === length) single = true;
      }
      if (!single) offer(start, start + length, this.#unkScore, unknownId);
      start += length;
    }
    return { starts, ids };
  }

  #push(word: Word & { ends: number[] }, piece: string, end: number): void {
    const id = this.#ids.get(piece);
    const bytes = id === undefined ? this.#bytesOf(piece) : undefined;
    if (id === undefined && !bytes && this.#unkId === undefined) {
      word.dropped += Array.from(piece).length;
      return;
    }
    if (id === undefined && !bytes) word.unknown++;
    for (const part of bytes ?? [id ?? this.#unkId!]) {
      word.ids.push(part);
      word.ends.push(end);
    }
  }

  #bytesOf(piece: string): number[] | undefined {
    if (!this.#byteFallback) return undefined;
    const ids = Array.from(utf8(piece), (byte) =>
      this.#ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return ids.includes(undefined) ? undefined : (ids as number[]);
  }
}

const unknownId = -1;
