/**
 * GPT-2's byte-level alphabet: each of the 256 byte values has one printable character, so that a
 * vocabulary of strings can hold any bytes.
 */
const symbols: string[] = [];
const bytes = new Map<string, number>();

let shifted = 256;
for (let byte = 0; byte < 256; byte++) {
  const printable =
    (byte >= 0x21 && byte <= 0x7e) ||
    (byte >= 0xa1 && byte <= 0xac) ||
    (byte >= 0xae && byte <= 0xff);
  const symbol = String.fromCharCode(printable ? byte : shifted++);
  symbols.push(symbol);
  bytes.set(symbol, byte);
}

/** The character that stands for each byte value, by byte value. */
export const byteSymbols: readonly string[] = symbols;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 bytes of `text`; lone surrogates become U+FFFD, as everywhere in UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** `text` written in the byte alphabet, one character a byte. */
export function toSymbols(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) out += symbols[byte]!;
  return out;
}

/** Bytes that a vocabulary entry stands for; entries outside the alphabet stand for their own UTF-8. */
export function tokenBytes(token: string): Uint8Array {
  const out = new Uint8Array(token.length);
  let n = 0;
  for (const symbol of token) {
    const byte = bytes.get(symbol);
    if (byte === undefined) return encoder.encode(token);
    out[n++] = byte;
  }
  return out.subarray(0, n);
}

/** Text of the joined bytes of several tokens; a broken sequence becomes U+FFFD. */
export function joinBytes(parts: readonly Uint8Array[]): string {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return decoder.decode(joined);
}

// `\s` is spelt as White_Space: JavaScript's own \s takes U+FEFF for a space and U+0085 for none,
// which the Rust tokenizers do not.
const words =
  /'(?:[sdmt]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** GPT-2's splitting of text into words, each with its leading space. */
export function splitWords(text: string): string[] {
  return text.match(words) ?? [];
}
