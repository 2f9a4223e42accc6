const heldAtMost = 8;

/**
 * Text from tokens as they come. A token that ends inside a character (an emoji takes up to four
 * bytes, often as many tokens) is held back until the character is whole.
 */
export class StreamDecoder {
  readonly #decode: (ids: number[]) => string;
  #ids: number[] = [];
  #shown = 0;

  constructor(decode: (ids: number[]) => string) {
    this.#decode = decode;
  }

  /** Takes a token; gives the text that it completed, often a word, sometimes nothing. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#pending();
    const broken = text.endsWith('\uFFFD') && this.#ids.length - this.#shown < heldAtMost;
    if (text === '' || broken) return '';
    this.#advance();
    return text;
  }

  /** Gives what is still held back, and begins anew. */
  flush(): string {
    const text = this.#pending();
    this.#ids = [];
    this.#shown = 0;
    return text;
  }

  // Decoders may treat the first token apart (a leading space is dropped), so the tokens shown last
  // are decoded again in front of the new ones.
  #pending(): string {
    const before = this.#decode(this.#ids.slice(0, this.#shown));
    return this.#decode(this.#ids).slice(before.length);
  }

  #advance(): void {
    this.#ids = this.#ids.slice(this.#shown);
    this.#shown = this.#ids.length;
  }
}
