import { readBytes } from './files.ts';

/** A pair of the model's own stories: the chosen one is cheerful, the rejected one is not. */
export interface TonePair {
  prompt: [{ role: 'user'; content: string }];
  chosen: [{ role: 'assistant'; content: string }];
  rejected: [{ role: 'assistant'; content: string }];
}

/** The addresses of the preference data (JSONL in TRL's shape) and of the lexicon that judged them. */
export const toneFiles = {
  train: new URL('../data/tone-train.jsonl', import.meta.url),
  test: new URL('../data/tone-test.jsonl', import.meta.url),
  judged: new URL('../data/tone-judged.jsonl', import.meta.url),
  lexicon: new URL('../data/tone-lexicon.json', import.meta.url),
} as const;

/** Valences of words, from -4 (bad) to 4 (good). */
export type ToneLexicon = Readonly<Record<string, number>>;

/**
 * The 768 pairs to train on or the 128 held out: no request stands in both.
 *
 * @throws AttuneError `file-not-found` where the data were not installed
 */
export async function tonePairs(split: 'train' | 'test'): Promise<TonePair[]> {
  const text = new TextDecoder().decode(await readBytes(toneFiles[split]));
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The words of the VADER lexicon that the model's stories have (MIT licence; see the data's README). */
export async function toneLexicon(): Promise<ToneLexicon> {
  return JSON.parse(new TextDecoder().decode(await readBytes(toneFiles.lexicon)));
}

/**
 * Whether a text is cheerful: at least two words that the lexicon calls good, none that it calls bad.
 * @see Hutto & Gilbert 2014, VADER, https://ojs.aaai.org/index.php/ICWSM/article/view/14550
 */
export function isCheerful(text: string, lexicon: ToneLexicon): boolean {
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  const valences = words.map((word) => (Object.hasOwn(lexicon, word) ? lexicon[word]! : 0));
  return valences.filter((v) => v > 0).length >= 2 && valences.every((v) => v >= 0);
}

/** The share of texts that are cheerful. */
export function cheerfulShare(texts: readonly string[], lexicon: ToneLexicon): number {
  if (texts.length === 0) return 0;
  return texts.filter((text) => isCheerful(text, lexicon)).length / texts.length;
}
