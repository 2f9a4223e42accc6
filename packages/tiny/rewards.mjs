// What GRPO and RLOO reward in the recipes here; rewards.py is the same for trl.
import { readFileSync } from 'node:fs';

const lexicon = JSON.parse(
  readFileSync(new URL('data/tone-lexicon.json', import.meta.url), 'utf8'),
);

/** 1 for a cheerful story (at least two words that the lexicon calls good, none that it calls bad), else 0. */
export function cheerful({ completions }) {
  return completions.map(([{ content }]) => {
    const words = content.toLowerCase().match(/[a-z']+/g) ?? [];
    const valences = words.map((word) => (Object.hasOwn(lexicon, word) ? lexicon[word] : 0));
    return valences.filter((v) => v > 0).length >= 2 && valences.every((v) => v >= 0) ? 1 : 0;
  });
}
