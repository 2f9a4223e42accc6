import type { GgufFile } from './gguf.ts';
import { metadataReader } from './gguf-config.ts';
import { TOKEN_TYPES } from './gguf-types.ts';

/** SentencePiece's sign for a space. */
export const SPACE = '▁';

/** What a GGUF says of a SentencePiece tokenizer. */
export interface Pieces {
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  readonly types: ArrayLike<number>;
}

/**
 * Pieces as tokenizer.json has them: runs of spaces that the user defined are written with spaces in a GGUF, with
 * SentencePiece's sign there.
 */
export function pieceOf(token: string, type: unknown): string {
  return type === TOKEN_TYPES.userDefined && /^ +$/.test(token)
    ? token.replaceAll(' ', SPACE)
    : token;
}

/**
 * The steps around a SentencePiece model (`tokenizer.ggml.model` llama), and its pieces as byte-pair merges that give
 * the same tokens: two neighbours are merged while their whole is a piece, the one of the highest score first.
 */
export function sentencePieceParts(file: GgufFile, { tokens, scores, types }: Pieces) {
  const read = metadataReader(file.metadata, file.name);
  const prefix = read.boolean('tokenizer.ggml.add_space_prefix') ?? true;
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const unknown = read.number('tokenizer.ggml.unknown_token_id') ?? 0;
  return {
    normalizer: prefix
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, replace] }
      : replace,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: tokens[unknown] ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: mergesOf({ tokens, scores, types }),
    },
  };
}

type Merge = [left: string, right: string];

/**
 * Every way to put a piece together of two others, by the piece's score, then by the length of both sides, longest
 * first: the order of transformers' converter. Pieces that are no normal ones have the score 0 there.
 */
export function mergesOf({ tokens, scores, types }: Pieces): Merge[] {
  const known = new Set(tokens);
  // A tab is a byte where it is no piece.
  if (known.has('<0x09>')) known.add('\t');
  const byScore = new Map<number, Merge[]>();
  for (const [id, token] of tokens.entries()) {
    const score = types[id] === TOKEN_TYPES.normal ? scores[id]! : 0;
    const own = byScore.get(score) ?? [];
    for (let at = token.length - 1; at > 0; at--) {
      const left = token.slice(0, at);
      if (!known.has(left)) continue;
      const right = token.slice(at);
      if (known.has(right)) own.push([left, right]);
    }
    if (own.length > 0) byScore.set(score, own);
  }
  const length = (text: string) => [...text].length;
  const longest = (a: Merge, b: Merge) =>
    length(b[0]) - length(a[0]) || length(b[1]) - length(a[1]);
  return [...byScore].sort(([a], [b]) => b - a).flatMap(([, merges]) => merges.sort(longest));
}
