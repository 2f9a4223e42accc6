import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/parse.ts';
import { readGguf } from './gguf.ts';
import { tokenizerFromGguf } from './gguf-tokenizer.ts';
import { ggufTokenizer } from './gguf-tokenizer-export.ts';
import type { GgufMetadata, GgufValue } from './gguf-types.ts';
import { ggufValue, writeGguf } from './gguf-writer.ts';
import { openModel } from './open.ts';
import { PRE_TOKENIZERS } from './pre-tokenizers.ts';
import { faultOf } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';

const { string, strings, int32s, float32s, uint32, bool } = ggufValue;

/** Metadata of a tokenizer of six tokens and two merges. */
function small(changes: Record<string, GgufValue> = {}): GgufMetadata {
  return new Map([
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('smollm')],
    ['tokenizer.ggml.tokens', strings(['<s>', '<tool>', 'a', 'b', 'ab', 'aab'])],
    ['tokenizer.ggml.token_type', int32s([3, 4, 1, 1, 1, 1])],
    ['tokenizer.ggml.merges', strings(['a b', 'a ab'])],
    ['tokenizer.ggml.bos_token_id', uint32(0)],
    ...Object.entries(changes),
  ]);
}

const config = parseConfig({
  ...{ model_type: 'llama', vocab_size: 13, hidden_size: 8, intermediate_size: 8 },
  ...{ num_hidden_layers: 1, num_attention_heads: 1, eos_token_id: null, bos_token_id: null },
});

const read = async (metadata: GgufMetadata) =>
  tokenizerFromGguf(await readGguf(writeGguf(metadata, [])));

/** What decides ids and text; offsets (trim_offsets) and the order of keys do not. */
function essence(json: Record<string, unknown>): unknown {
  const { post_processor, decoder, ...rest } = json;
  return { ...rest, decoder: (decoder as { type: string }).type };
}

describe('a tokenizer out of a GGUF’s metadata', () => {
  it('is the tokenizer.json that the metadata was made from', async () => {
    const { tokenizer } = await openModel(fixture('llama-q4_0.gguf'));
    const text = await readFile(fixture('llama-2024/tokenizer.json'), 'utf8');
    const beside = JSON.parse(text) as Record<string, unknown>;
    expect(essence(tokenizer.tokenizerJson)).toEqual(essence(beside));
    expect(tokenizer.tokenizerConfig).toMatchObject({
      bos_token: '<|endoftext|>',
      eos_token: '<|im_end|>',
      pad_token: '<|pad|>',
    });
    const template = await readFile(fixture('llama-2024/chat_template.jinja'), 'utf8');
    expect(tokenizer.chatTemplate).toBe(template);
  });

  it('has control tokens that are special and user-defined ones that are not', async () => {
    const { tokenizerJson } = await read(small());
    expect(tokenizerJson.added_tokens).toMatchObject([
      { id: 0, content: '<s>', special: true },
      { id: 1, content: '<tool>', special: false },
    ]);
    expect((tokenizerJson.model as { merges: unknown }).merges).toEqual([
      ['a', 'b'],
      ['a', 'ab'],
    ]);
  });

  it('puts bos in front where the file says so, or llama.cpp would', async () => {
    const front = { SpecialToken: { id: '<s>', type_id: 0 } };
    const asked = await read(small({ 'tokenizer.ggml.add_bos_token': bool(true) }));
    expect(asked.tokenizerJson.post_processor).toMatchObject({ single: [front, {}] });
    const llama = await read(small({ 'tokenizer.ggml.pre': string('llama-bpe') }));
    expect(llama.tokenizerJson.post_processor).toMatchObject({ single: [front, {}] });
    expect(llama.tokenizerJson.model).toMatchObject({ ignore_merges: true });
    expect((await read(small())).tokenizerJson.post_processor).toBeNull();
  });

  /** SentencePiece: scores say what is merged first; spaces that the user defined, a byte, a tab that is none. */
  const pieces = (changes: Record<string, GgufValue> = {}) =>
    small({
      'tokenizer.ggml.model': string('llama'),
      'tokenizer.ggml.tokens': strings([
        ...['<unk>', '<s>', '</s>', '  ', '<0x09>', '▁', 'a', 'b', 'ab', '▁a', 'aab', '▁▁'],
      ]),
      'tokenizer.ggml.token_type': int32s([2, 3, 3, 4, 6, 1, 1, 1, 1, 1, 1, 1]),
      'tokenizer.ggml.scores': float32s([0, 0, 0, -1e3, 0, -9, -8, -7, -2, -1, -3, -4]),
      'tokenizer.ggml.bos_token_id': uint32(1),
      'tokenizer.ggml.unknown_token_id': uint32(0),
      ...changes,
    });

  it('of pieces and scores merges what scores highest, and says how spaces are written', async () => {
    const twice = strings([
      '<unk>',
      '<s>',
      '</s>',
      '  ',
      '<0x09>',
      '▁',
      'a',
      'b',
      'ab',
      '▁a',
      'aab',
      'c',
    ]);
    const { tokenizerJson } = await read(pieces({ 'tokenizer.ggml.tokens': twice }));
    const model = tokenizerJson.model as { vocab: Record<string, number>; merges: unknown };
    expect(model.merges).toEqual([
      ['▁', '▁'],
      ['▁', 'a'],
      ['a', 'b'],
      ['a', 'ab'],
    ]);
    expect(model.vocab['▁▁']).toBe(3);
    expect(model).toMatchObject({ byte_fallback: true, fuse_unk: true, unk_token: '<unk>' });
    expect(tokenizerJson.normalizer).toMatchObject({ normalizers: [{ type: 'Prepend' }, {}] });
    expect(tokenizerJson.decoder).toMatchObject({ decoders: [{}, {}, {}, { type: 'Strip' }] });
    const front = { SpecialToken: { id: '<s>', type_id: 0 } };
    expect(tokenizerJson.post_processor).toMatchObject({ single: [front, {}] });
    const bare = await read(
      pieces({
        'tokenizer.ggml.tokens': twice,
        'tokenizer.ggml.add_space_prefix': bool(false),
        'tokenizer.ggml.add_bos_token': bool(false),
      }),
    );
    expect(bare.tokenizerJson.normalizer).toMatchObject({ type: 'Replace', content: '▁' });
    expect(bare.tokenizerJson.post_processor).toBeNull();
  });

  it('of pieces goes back into a GGUF with scores of the same order, or is refused', async () => {
    const tokens = strings([
      ...['<unk>', '<s>', '</s>', '  ', '<0x09>', '▁', 'a', 'b', 'ab', '▁a', 'aab', 'c'],
    ]);
    const files = await read(pieces({ 'tokenizer.ggml.tokens': tokens }));
    const { tokenizerJson } = files;
    const model = tokenizerJson.model as { merges: string[][] };
    const made = ggufTokenizer(files, config);
    expect(made.get('tokenizer.ggml.tokens')?.value).toEqual([
      ...(tokens.value as string[]),
      '[PAD12]',
    ]);
    expect(made.get('tokenizer.ggml.token_type')).toEqual(
      int32s(Int32Array.of(2, 3, 3, 4, 6, 1, 1, 1, 1, 1, 1, 1, 5)),
    );
    const scores = made.get('tokenizer.ggml.scores')!.value as Float32Array;
    // ▁a before ab before aab, and what is never merged last.
    expect([9, 8, 10].map((id) => scores[id])).toEqual([-1, -2, -3]);
    expect(scores[5]).toBeLessThan(-3);
    expect(made.get('tokenizer.ggml.add_space_prefix')).toEqual(bool(true));
    const again = await read(made);
    expect(again.tokenizerConfig).toEqual(files.tokenizerConfig);
    expect(again.tokenizerJson.model).toMatchObject({ merges: model.merges });
    for (const key of ['normalizer', 'decoder', 'post_processor', 'added_tokens'] as const) {
      expect(again.tokenizerJson[key]).toEqual(files.tokenizerJson[key]);
    }
    for (const [why, change] of [
      ['a merge is missing', { model: { ...model, merges: model.merges.slice(1, -1) } }],
      ['merges are mixed', { model: { ...model, merges: [...model.merges, ['▁', 'a']] } }],
      ['spaces are kept', { normalizer: null }],
    ] as const) {
      const odd = { ...files, tokenizerJson: { ...tokenizerJson, ...change } };
      expect(await faultOf(async () => ggufTokenizer(odd, config)), why).toBe('unsupported-export');
    }
  });

  it('of pieces is refused where two are one, or scores are missing', async () => {
    expect(await faultOf(() => read(pieces()))).toBe('tokenizer-invalid');
    const few = pieces({ 'tokenizer.ggml.scores': float32s([0]) });
    expect(await faultOf(() => read(few))).toBe('tokenizer-invalid');
  });

  it.each(Object.keys(PRE_TOKENIZERS))('comes back from tokenizer.json for %s', async (pre) => {
    const metadata = small({
      'tokenizer.ggml.pre': string(pre),
      'tokenizer.ggml.add_bos_token': bool(false),
      'tokenizer.ggml.padding_token_id': uint32(1),
      'tokenizer.chat_template': string('{{ x }}'),
    });
    const made = ggufTokenizer(await read(metadata), { ...config, vocabSize: 8 });
    const tokens = made.get('tokenizer.ggml.tokens')?.value as string[];
    expect(tokens.slice(6)).toEqual(['[PAD6]', '[PAD7]']);
    expect(made.get('tokenizer.ggml.token_type')).toEqual(
      int32s(Int32Array.of(3, 4, 1, 1, 1, 1, 5, 5)),
    );
    for (const [key, value] of metadata) {
      if (!/tokens|token_type/.test(key)) expect([key, made.get(key)]).toEqual([key, value]);
    }
  });

  it.each([
    ['no tokenizer', { 'tokenizer.ggml.model': undefined }, 'missing-tokenizer'],
    ['WordPiece', { 'tokenizer.ggml.model': string('bert') }, 'tokenizer-unsupported'],
    ['pieces without scores', { 'tokenizer.ggml.model': string('llama') }, 'tokenizer-invalid'],
    ['an unknown cut', { 'tokenizer.ggml.pre': string('mystery') }, 'tokenizer-unsupported'],
    [
      'a cut from the prototype',
      { 'tokenizer.ggml.pre': string('toString') },
      'tokenizer-unsupported',
    ],
    ['no tokens', { 'tokenizer.ggml.tokens': undefined }, 'tokenizer-invalid'],
    ['tokens that are numbers', { 'tokenizer.ggml.tokens': int32s([1, 2]) }, 'tokenizer-invalid'],
    ['a token twice', { 'tokenizer.ggml.tokens': strings(['a', 'b', 'a']) }, 'tokenizer-invalid'],
    ['no merges', { 'tokenizer.ggml.merges': undefined }, 'tokenizer-invalid'],
    ['a merge of one', { 'tokenizer.ggml.merges': strings(['ab']) }, 'tokenizer-invalid'],
    ['a merge into nothing', { 'tokenizer.ggml.merges': strings(['b a']) }, 'tokenizer-invalid'],
    ['a merge of strangers', { 'tokenizer.ggml.merges': strings(['x y']) }, 'tokenizer-invalid'],
    ['too few types', { 'tokenizer.ggml.token_type': int32s([3]) }, 'tokenizer-invalid'],
    ['a bos past the end', { 'tokenizer.ggml.bos_token_id': uint32(6) }, 'tokenizer-invalid'],
    ['a bos in words', { 'tokenizer.ggml.bos_token_id': string('<s>') }, 'invalid-gguf'],
    ['a template that is a number', { 'tokenizer.chat_template': uint32(7) }, 'invalid-gguf'],
  ])('is refused by name with %s', async (_, changes, code) => {
    const metadata = new Map([...small(), ...Object.entries(changes)]);
    for (const [key, value] of metadata) if (value === undefined) metadata.delete(key);
    expect(await faultOf(() => read(metadata as GgufMetadata))).toBe(code);
  });
});
