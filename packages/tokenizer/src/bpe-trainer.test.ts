import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { trainTokenizer } from './bpe-trainer.ts';
import { Tokenizer } from './tokenizer.ts';

/** What Hugging Face tokenizers trains on the same texts: fixtures/make-trained.py. */
const { texts, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/trained.json', import.meta.url), 'utf8'),
) as {
  texts: Record<string, string[]>;
  cases: {
    texts: string;
    options: {
      vocab_size: number;
      min_frequency?: number;
      special_tokens?: string[];
      add_prefix_space?: boolean;
    };
    size: number;
    /** `model.vocab` holds the tokens in order, without the single bytes. */
    file: { model: { vocab: string[]; merges: [string, string][] } };
  }[];
};

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return (error as AttuneError).code;
  }
  return 'no error';
}

describe('trainTokenizer', () => {
  it.each(cases)(
    'gives the tokenizer.json of Hugging Face tokenizers: $texts, $options',
    async (wanted) => {
      const { options, size, file } = wanted;
      const trained = await trainTokenizer(texts[wanted.texts]!, {
        vocabSize: options.vocab_size,
        minFrequency: options.min_frequency ?? 0,
        specialTokens: options.special_tokens ?? [],
        addPrefixSpace: options.add_prefix_space ?? false,
      });
      const { vocab, ...model } = trained.model as { vocab: Record<string, number> };
      expect({ ...trained, model: { ...model, vocab: file.model.vocab } }).toEqual(file);
      // An object lists keys that are numbers first: the order is that of the ids.
      const tokens = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!);
      expect(tokens).toHaveLength(size);
      expect(tokens.map((token) => vocab[token])).toEqual(tokens.map((_, id) => id));
      const special = options.special_tokens ?? [];
      expect(tokens.filter((token) => token.length > 1 || special.includes(token))).toEqual(
        file.model.vocab,
      );
    },
  );

  it('makes a tokenizer that gives back the texts it was trained on', async () => {
    const tokenizerJson = await trainTokenizer(texts.stories!, { vocabSize: 500 });
    const tokenizer = Tokenizer.from({ tokenizerJson });
    const text = texts.stories!.join('');
    const ids = tokenizer.encode(text);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(ids.length).toBeLessThan(text.length / 3);
  });

  it('reads texts as they come, tells how far it is, and stops when it is told to', async () => {
    const all = Object.values(texts).flat();
    async function* stream() {
      yield* all;
    }
    const seen: number[] = [];
    const options = { vocabSize: 500, onProgress: (tokens: number) => seen.push(tokens) };
    expect(await trainTokenizer(stream(), options)).toEqual(
      await trainTokenizer(all, { vocabSize: 500 }),
    );
    expect(seen).toEqual([456]);
    const stop = new AbortController();
    const stopped = trainTokenizer(all, {
      vocabSize: 500,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('refuses a size without room for the bytes, and a corpus without text', async () => {
    for (const vocabSize of [255, 1.5, Number.NaN, 2 ** 24]) {
      expect(await codeOf(trainTokenizer(['a'], { vocabSize }))).toBe('vocab-size-invalid');
    }
    const crowded = trainTokenizer(['a'], { vocabSize: 256, specialTokens: ['<s>'] });
    expect(await codeOf(crowded)).toBe('vocab-size-invalid');
    expect(await codeOf(trainTokenizer(['', '']))).toBe('corpus-empty');
  });
});
