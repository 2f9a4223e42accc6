import type { Word } from './bpe.ts';
import { Bpe } from './bpe.ts';
import type { Steps } from './steps.ts';
import type { TokenizerFile } from './tokenizer-file.ts';
import { Unigram } from './unigram.ts';

/** Turns one pre-token into tokens. */
export interface TokenModel {
  encode(piece: string): Word;
}

/** Byte-pair encoding and Unigram are done here; WordPiece by the library. */
export function makeModel(file: TokenizerFile, { library, byteLevel }: Steps): TokenModel {
  const { model, modelVocab: vocab, merges } = file;
  const unkToken = typeof model.unk_token === 'string' ? model.unk_token : undefined;
  if (file.modelType === 'Unigram') {
    return new Unigram({
      pieces: model.vocab as [string, number][],
      unkId: typeof model.unk_id === 'number' ? model.unk_id : undefined,
      byteFallback: model.byte_fallback === true,
    });
  }
  if (!library) {
    return new Bpe({
      vocab,
      merges,
      unkToken,
      fuseUnk: model.fuse_unk === true,
      byteFallback: model.byte_fallback === true,
      ignoreMerges: model.ignore_merges === true,
      byteLevel,
    });
  }
  const unk = unkToken === undefined ? undefined : vocab.get(unkToken);
  return {
    encode(piece) {
      const word: Word = { ids: [], ends: undefined, dropped: 0, unknown: 0 };
      for (const token of library(piece)) {
        const id = vocab.get(token) ?? unk;
        if (id === undefined) word.dropped++;
        else word.ids.push(id);
        if (id !== undefined && id === unk) word.unknown++;
      }
      return word;
    },
  };
}
