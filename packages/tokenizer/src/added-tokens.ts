/** An entry of `added_tokens`: text that is a token wherever it stands. */
export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  /** The token takes the white space to its left, or right, with it. */
  lstrip: boolean;
  rstrip: boolean;
  /** It does not match inside a word. */
  singleWord: boolean;
}

/** A stretch of text: an added token, or what lies between two of them. */
export interface Section {
  text: string;
  /** Where it begins, in UTF-16 units. */
  start: number;
  token: AddedToken | undefined;
}

interface Node {
  next: Map<number, Node>;
  token?: AddedToken;
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;

/** Finds added tokens in text, from the left and the longest first. */
export class AddedTokenSplitter {
  readonly #root: Node = { next: new Map() };

  constructor(tokens: Iterable<readonly [content: string, token: AddedToken]>) {
    for (const [content, token] of tokens) {
      let node = this.#root;
      for (let i = 0; i < content.length; i++) {
        const unit = content.charCodeAt(i);
        let child = node.next.get(unit);
        if (!child) {
          child = { next: new Map() };
          node.next.set(unit, child);
        }
        node = child;
      }
      if (content !== '') node.token = token;
    }
  }

  split(text: string): Section[] {
    const sections: Section[] = [];
    let plain = 0;
    for (let i = 0; i < text.length; ) {
      const found = this.#match(text, i);
      if (!found) {
        i++;
        continue;
      }
      let start = i;
      let end = i + found.length;
      if (found.token.lstrip) while (start > plain && isSpace(text, start - 1)) start--;
      if (found.token.rstrip) while (end < text.length && isSpace(text, end)) end++;
      if (start > plain) {
        sections.push({ text: text.slice(plain, start), start: plain, token: undefined });
      }
      sections.push({ text: text.slice(start, end), start, token: found.token });
      plain = end;
      i = end;
    }
    if (plain < text.length) {
      sections.push({ text: text.slice(plain), start: plain, token: undefined });
    }
    return sections;
  }

  #match(text: string, start: number): { token: AddedToken; length: number } | undefined {
    let best: { token: AddedToken; length: number } | undefined;
    let node: Node | undefined = this.#root;
    for (let i = start; i < text.length; i++) {
      node = node.next.get(text.charCodeAt(i));
      if (!node) break;
      if (node.token && !(node.token.singleWord && insideWord(text, start, i + 1))) {
        best = { token: node.token, length: i + 1 - start };
      }
    }
    return best;
  }
}

function isSpace(text: string, at: number): boolean {
  return /\p{White_Space}/u.test(text[at]!);
}

function insideWord(text: string, start: number, end: number): boolean {
  return wordCharacter.test(text[start - 1] ?? '') || wordCharacter.test(text[end] ?? '');
}
