import { AttuneError } from '@attune/gpu';
import { mergesOf, SPACE } from './gguf-spm.ts';
import { type GgufValue, TOKEN_TYPES } from './gguf-types.ts';
import { ggufValue } from './gguf-writer.ts';

type Json = Record<string, unknown>;

/** What a tokenizer.json's ids stand for. */
interface Tokens {
  readonly tokens: readonly string[];
  readonly types: Int32Array;
  readonly unknown: number | undefined;
}

/**
 * The metadata of a tokenizer that was SentencePiece's before it became merges in a tokenizer.json: pieces with
 * scores whose order is that of the merges.
 * @throws AttuneError `unsupported-export` when no scores would give the same tokens
 */
export function ggufPieces(
  tokenizerJson: Json,
  { tokens, types, unknown }: Tokens,
): [string, GgufValue][] {
  const kinds = types.slice();
  for (const [id, token] of tokens.entries()) {
    if (/^<0x[0-9A-F]{2}>$/.test(token)) kinds[id] = TOKEN_TYPES.byte;
  }
  if (unknown !== undefined) kinds[unknown] = TOKEN_TYPES.unknown;
  const scores = scoresOf((tokenizerJson.model as Json).merges, tokens, kinds);
  // Runs of spaces that the user defined are written as they are.
  const shown = tokens.map((token, id) =>
    kinds[id] === TOKEN_TYPES.userDefined && [...token].every((c) => c === SPACE)
      ? token.replaceAll(SPACE, ' ')
      : token,
  );
  return [
    ['tokenizer.ggml.model', ggufValue.string('llama')],
    ['tokenizer.ggml.pre', ggufValue.string('default')],
    ['tokenizer.ggml.tokens', ggufValue.strings(shown)],
    ['tokenizer.ggml.scores', ggufValue.float32s(scores)],
    ['tokenizer.ggml.token_type', ggufValue.int32s(kinds)],
    ['tokenizer.ggml.add_space_prefix', ggufValue.bool(spacePrefix(tokenizerJson))],
  ];
}

/** Scores that fall from the piece that is merged first to the one that is merged last. */
function scoresOf(merges: unknown, tokens: readonly string[], types: Int32Array): Float32Array {
  const pairs = (Array.isArray(merges) ? (merges as unknown[]) : []).map((merge) =>
    Array.isArray(merge) ? (merge as string[]) : splitMerge(String(merge)),
  );
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const scores = new Float32Array(tokens.length).fill(-1e6);
  const before = new Set<number>();
  let last = -1;
  for (const [left, right] of pairs) {
    const id = ids.get(`${left}${right}`);
    if (id === undefined) throw unlike(`a merge into ${left}${right}, which is no token`);
    // What the user defined scores 0.
    if (types[id] !== TOKEN_TYPES.normal || id === last) continue;
    if (before.has(id)) throw unlike(`merges into ${tokens[id]} with others between them`);
    before.add(id);
    scores[id] = -before.size;
    last = id;
  }
  const made = mergesOf({ tokens, scores, types });
  const known = new Set(pairs.map(([left, right]) => `${left}\0${right}`));
  const missing = made.find(([left, right]) => !known.has(`${left}\0${right}`));
  if (missing) throw unlike(`no merge of ${missing.join(' and ')}, whose whole is a token`);
  for (const [id, type] of types.entries()) {
    if (type !== TOKEN_TYPES.normal) scores[id] = type === TOKEN_TYPES.byte ? 0 : -1000;
  }
  return scores;
}

/** "▁ t" → ["▁", "t"]. */
function splitMerge(merge: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  return [merge.slice(0, space), merge.slice(space + 1)];
}

/** Whether a space goes in front of a text, by the steps that tokenizer.json has for spaces. */
function spacePrefix({ normalizer, pre_tokenizer }: Json): boolean {
  const steps = flat(normalizer, 'normalizers');
  const cuts = flat(pre_tokenizer, 'pretokenizers').filter(({ type }) => type !== 'Split');
  const names = [...steps, ...cuts].map(({ type }) => type);
  const replaces = ({ type, content }: Json) => type === 'Replace' && content === SPACE;
  const prepends = ({ type, prepend }: Json) => type === 'Prepend' && prepend === SPACE;
  if (cuts.length === 0 && steps.some(replaces)) {
    if (steps.length === 1) return false;
    if (steps.length === 2 && steps.some(prepends)) return true;
  }
  const [cut] = cuts;
  if (steps.length === 0 && cuts.length === 1 && cut!.type === 'Metaspace') {
    return cut!.prepend_scheme === undefined
      ? cut!.add_prefix_space !== false
      : cut!.prepend_scheme !== 'never';
  }
  throw unlike(`the steps ${names.join(', ') || 'none'} before it`);
}

function flat(step: unknown, inner: string): Json[] {
  if (typeof step !== 'object' || step === null) return [];
  const { type, [inner]: steps } = step as Json;
  return type === 'Sequence' ? (steps as Json[]) : [step as Json];
}

function unlike(what: string): AttuneError {
  return new AttuneError(
    'unsupported-export',
    `The tokenizer has ${what}: llama.cpp's SentencePiece would cut text otherwise, so no GGUF with it is written.`,
    'Write safetensors, and convert them with llama.cpp itself.',
  );
}
