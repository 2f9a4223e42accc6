/** Byte-level byte-pair encoding: how a vocabulary is learned from text (Sennrich et al. 2016). */

/** GPT-2's splitter: contractions, words, numbers, signs, spaces. */
const splitter = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's visible sign for each byte: printable Latin-1 stands for itself, the rest from U+0100. */
export const byteSigns = (() => {
  const printable = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
  const signs = [];
  let extra = 256;
  for (let b = 0; b < 256; b++) signs.push(String.fromCodePoint(printable(b) ? b : extra++));
  return signs;
})();

const signsOf = (word) => Array.from(new TextEncoder().encode(word), (byte) => byteSigns[byte]);

/** Counts the words of the texts; special tokens cut the text and are not learned from. */
export function countWords(texts, specials) {
  const quote = (token) => token.replace(/[|\\{}()[\]^$+*?.]/g, '\\$&');
  const cut = new RegExp(specials.map(quote).join('|'), 'u');
  const counts = new Map();
  for (const text of texts) {
    for (const part of text.split(cut)) {
      for (const word of part.match(splitter) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * Learns merges until the vocabulary has `size` tokens: specials, then the 256 bytes, then merges.
 * The most frequent pair goes first; of equal pairs the one with the smaller ids, which is the
 * order of Hugging Face's trainer.
 */
export function trainBpe(counts, size, specials) {
  const tokens = [...specials, ...byteSigns.slice().sort((x, y) => x.codePointAt(0) - y.codePointAt(0))];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = Array.from(counts, ([word, count]) => ({
    ids: signsOf(word).map((sign) => ids.get(sign)),
    count,
  }));
  const merges = [];
  while (tokens.length < size) {
    const best = mostFrequentPair(words, size);
    if (best === undefined) break;
    const [left, right] = best;
    const id = tokens.length;
    tokens.push(tokens[left] + tokens[right]);
    merges.push([tokens[left], tokens[right]]);
    for (const word of words) word.ids = merge(word.ids, left, right, id);
  }
  return { tokens, merges };
}

function mostFrequentPair(words, size) {
  const pairs = new Map();
  for (const { ids, count } of words) {
    for (let i = 1; i < ids.length; i++) {
      const key = ids[i - 1] * size + ids[i];
      pairs.set(key, (pairs.get(key) ?? 0) + count);
    }
  }
  let best;
  let most = 1;
  for (const [key, count] of pairs) {
    if (count > most || (count === most && best !== undefined && key < best)) [best, most] = [key, count];
  }
  return best === undefined ? undefined : [Math.floor(best / size), best % size];
}

function merge(ids, left, right, id) {
  if (!ids.includes(left)) return ids;
  const out = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === left && ids[i + 1] === right) {
      out.push(id);
      i++;
    } else out.push(ids[i]);
  }
  return out;
}
