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

const { string, strings, int32s, uint32, bool } = ggufValue;

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

  it.each(Object.keys(PRE_TOKENIZERS))('comes back from tokenizer.json for %s', async (pre) => {
    const metadata = small({
      'tokenizer.ggml.pre': string(pre),
      'tokenizer.ggml.add_bos_token': bool(false),
      'tokenizer.ggml.padding_token_id': uint32(1),
      'tokenizer.chat_template': string('{{ x }}'),
    });
    const config = parseConfig({
      model_type: 'llama',
      vocab_size: 8,
      hidden_size: 8,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      eos_token_id: null,
    });
    const made = ggufTokenizer(await read(metadata), config);
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
    ['SentencePiece', { 'tokenizer.ggml.model': string('llama') }, 'tokenizer-unsupported'],
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
