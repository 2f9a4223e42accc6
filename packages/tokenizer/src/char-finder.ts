import { AttuneError } from '@attune/gpu';
import type { Section } from './added-tokens.ts';
import type { Word } from './bpe.ts';
import { utf8 } from './byte-level.ts';

/**
 * Learns, while a text is encoded, which token covers each of the characters asked about: what
 * `char_to_token` of the Rust tokenizers answers.
 */
export class CharFinder {
  readonly #asked: number[];
  readonly #found = new Map<number, number>();
  readonly #byteLevel: boolean;
  readonly #trimSpaces: boolean;
  #next = 0;
  /** Queries inside the present section, as places in its normalised text. */
  #open: { at: number; place: number }[] = [];
  #cursor = 0;
  #normalized = '';

  /**
   * @param asked places in the text, in UTF-16 units
   * @param trimSpaces spaces at the ends of a token belong to none (`trim_offsets`)
   */
  constructor(asked: Iterable<number>, byteLevel: boolean, trimSpaces: boolean) {
    this.#asked = [...new Set(asked)].sort((a, b) => a - b);
    this.#byteLevel = byteLevel;
    this.#trimSpaces = trimSpaces;
  }

  /** The token of the character at `place`, or undefined where none covers it. */
  tokenAt(place: number): number | undefined {
    return this.#found.get(place);
  }

  addedToken(section: Section, token: number): void {
    for (const place of this.#take(section)) this.#found.set(place, token);
  }

  /** Begins a section of plain text. */
  section(section: Section, normalized: string, normalize: ((text: string) => string) | undefined) {
    this.#normalized = normalized;
    this.#cursor = 0;
    this.#open = this.#take(section).map((place) => {
      const offset = place - section.start;
      if (normalized === section.text || offset === 0 || !normalize) return { at: offset, place };
      return { at: normalize(section.text.slice(0, offset)).length, place };
    });
  }

  /** One pre-token of the section, whose tokens begin at `firstToken`. */
  piece(piece: string, word: Word, firstToken: number): void {
    if (this.#open.length === 0) return;
    let inserted = 0;
    let start = this.#locate(piece);
    if (start < 0 && /^[ \u2581]/.test(piece)) {
      // The splitter put a space in front.
      inserted = 1;
      start = this.#locate(piece.slice(1));
    }
    if (start < 0 || !word.ends) {
      throw new AttuneError(
        'offsets-unsupported',
        'This tokenizer rewrites text while it splits it, so which tokens the assistant wrote is not known.',
        'Train without assistant_only_loss, or with prompt-completion data.',
      );
    }
    const end = start + piece.length - inserted;
    for (const { at, place } of this.#open) {
      if (at < start || at >= end) continue;
      const token = this.#tokenIn(piece, at - start + inserted, word);
      if (token !== undefined) this.#found.set(place, firstToken + token);
    }
    this.#cursor = end;
    this.#open = this.#open.filter(({ at }) => at >= end);
  }

  #take(section: Section): number[] {
    const end = section.start + section.text.length;
    const from = this.#next;
    while (this.#next < this.#asked.length && this.#asked[this.#next]! < end) this.#next++;
    return this.#asked.slice(from, this.#next);
  }

  #locate(piece: string): number {
    const exact = this.#normalized.indexOf(piece, this.#cursor);
    if (exact >= 0 || !piece.includes('\u2581')) return exact;
    return this.#normalized.replaceAll(' ', '\u2581').indexOf(piece, this.#cursor);
  }

  #tokenIn(piece: string, at: number, word: Word): number | undefined {
    const symbol = this.#byteLevel ? utf8(piece.slice(0, at)).length : at;
    const token = word.ends!.findIndex((end) => end > symbol);
    if (token < 0) return undefined;
    if (this.#trimSpaces && piece[at] === ' ' && this.#isMargin(piece, symbol, token, word)) {
      return undefined;
    }
    return token;
  }

  #isMargin(piece: string, symbol: number, token: number, word: Word): boolean {
    const bytes = utf8(piece);
    const start = token === 0 ? 0 : word.ends![token - 1]!;
    const end = word.ends![token]!;
    const space = (byte: number) => byte === 0x20;
    return bytes.subarray(start, symbol).every(space) || bytes.subarray(symbol, end).every(space);
  }
}
