import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from './tokenizer.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

interface Kinds {
  texts: string[];
  template: string;
  chats: { role: string; content: string }[][];
  kinds: {
    name: string;
    tokenizer: Record<string, unknown>;
    encoded: number[][];
    decoded: [ids: number[], all: string, skipped: string][];
    chats: { ids: number[]; mask: number[] }[];
  }[];
}

const { texts, template, chats, kinds } = JSON.parse(fixture('kinds.json')) as Kinds;
const unigram = JSON.parse(fixture('unigram.json')) as Pick<Kinds, 'kinds'> & {
  /** Texts to be repeated up to so many UTF-16 units. */
  runs: Record<string, number>;
  /** Tokens that each of them becomes, by kind. */
  counts: Record<string, number[]>;
};
kinds.push(...unigram.kinds);

const tiny = () =>
  Tokenizer.from({
    tokenizerJson: fixture('tokenizer.json'),
    tokenizerConfig: fixture('tokenizer_config.json'),
    chatTemplate: fixture('chat_template.jinja'),
    generationConfig: fixture('generation_config.json'),
  });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    expect((error as AttuneError).remedy).not.toBe('');
    return (error as AttuneError).code;
  }
  return 'no error';
}

describe.each(kinds)('a tokenizer of the kind $name', (kind) => {
  const tokenizer = Tokenizer.from({ tokenizerJson: kind.tokenizer, chatTemplate: template });

  it('gives the ids of the Rust tokenizers, for digits, spaces and marks of all scripts', () => {
    for (const [i, text] of texts.entries()) {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(kind.encoded[i]);
    }
  });

  it('turns ids back into the same text, with and without special tokens', () => {
    for (const [ids, all, skipped] of kind.decoded) {
      expect(tokenizer.decode(ids)).toBe(all);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(skipped);
    }
  });

  it('marks the tokens that transformers marks as written by the assistant', () => {
    for (const [i, messages] of chats.slice(0, kind.chats.length).entries()) {
      const chat = tokenizer.encodeChat(messages, { assistantMask: true });
      expect(chat.ids).toEqual(kind.chats[i]!.ids);
      expect(Array.from(chat.assistantMask!)).toEqual(kind.chats[i]!.mask);
    }
  });

  it('streams tokens into the text that decoding them at once gives', () => {
    for (const [ids, all] of kind.decoded) {
      // Byte tokens that are no text change what came before them, which a stream has shown by then.
      if (all.includes('\uFFFD')) continue;
      const stream = tokenizer.stream();
      const parts = ids.map((id) => stream.push(id));
      expect(parts.join('') + stream.flush()).toBe(all);
    }
  });
});

describe('Tokenizer', () => {
  it('splits digits that are not ASCII, one by one where the file says so', () => {
    const tokenizer = tiny();
    for (const digits of ['½', 'Ⅷ', '②', '٣']) {
      const [alone, twice] = [tokenizer.encode(digits), tokenizer.encode(digits + digits)];
      expect(twice).toEqual([...alone, ...alone]);
      // The letter after it begins a word of its own, without the digit in front.
      expect(tokenizer.encode(`${digits}cat`)).toEqual([...alone, ...tokenizer.encode('cat')]);
    }
  });

  it('knows the special tokens of the config files', () => {
    const tokenizer = tiny();
    expect(tokenizer).toMatchObject({
      vocabSize: 384,
      eosToken: '<|im_end|>',
      eosTokenId: 2,
      padTokenId: 3,
      bosTokenId: undefined,
      eosTokenIds: [2],
      hasChatTemplate: true,
    });
    expect(tokenizer.isSpecial(2)).toBe(true);
    expect(tokenizer.tokenText(2)).toBe('<|im_end|>');
    expect(tokenizer.tokenId('<|pad|>')).toBe(3);
  });

  it('pads with EOS where no padding token is named, and ends at every id of generation_config', () => {
    const tokenizer = Tokenizer.from({
      tokenizerJson: fixture('tokenizer.json'),
      tokenizerConfig: { eos_token: { content: '<|im_end|>' } },
      generationConfig: { eos_token_id: [0, 2] },
    });
    expect(tokenizer.padTokenId).toBe(2);
    expect(tokenizer.eosTokenIds).toEqual([0, 2]);
  });

  it('puts BOS in front where the post-processor does, whatever tokenizer_config.json says', () => {
    const file = JSON.parse(fixture('tokenizer.json'));
    const load = (flags: object) =>
      Tokenizer.from({
        tokenizerJson: file,
        tokenizerConfig: { bos_token: '<|im_start|>', ...flags },
      });
    const plain = load({}).encode('cat', { addSpecialTokens: false });
    expect(load({ add_bos_token: true, add_eos_token: true }).encode('cat')).toEqual(plain);
    const cue = { SpecialToken: { id: '<|im_start|>', type_id: 0 } };
    const text = { Sequence: { id: 'A', type_id: 0 } };
    const byteLevel = file.post_processor;
    for (const template of [{ type: 'TemplateProcessing', single: [cue, text] }]) {
      file.post_processor = template;
      expect(load({ add_bos_token: false }).encode('cat')).toEqual([1, ...plain]);
      file.post_processor = { type: 'Sequence', processors: [byteLevel, template] };
      expect(load({ add_bos_token: false }).encode('cat')).toEqual([1, ...plain]);
    }
  });

  it('takes tokens with a role for special ones, known to tokenizer.json as such or not', () => {
    const file = JSON.parse(fixture('tokenizer.json'));
    const load = (tokenizerConfig: object) =>
      Tokenizer.from({ tokenizerJson: file, tokenizerConfig: { ...tokenizerConfig } });
    const plain = (text: string) => load({}).encode(text);
    // A token of the vocabulary only: its text is one token wherever it stands.
    file.added_tokens = file.added_tokens.filter((token: { id: number }) => token.id !== 2);
    expect(plain('a<|im_end|>b').length).toBeGreaterThan(5);
    const ended = load({ eos_token: '<|im_end|>' });
    expect(ended.encode('a<|im_end|>b')).toEqual([...plain('a'), 2, ...plain('b')]);
    expect(ended.decode([2], { skipSpecialTokens: true })).toBe('');
    // Ones without an id get the next, in the order of their roles; then those of no role.
    const fresh = load({
      pad_token: '[PAD]',
      eos_token: '</s>',
      additional_special_tokens: ['<more>'],
      extra_special_tokens: { image_token: '<img>' },
    });
    expect(fresh.encode('</s>[PAD]<img><more>')).toEqual([384, 385, 386, 387]);
    expect(fresh).toMatchObject({ eosTokenId: 384, padTokenId: 385, vocabSize: 388 });
    // added_tokens_decoder knows further tokens, and how they take the spaces around them.
    const decoder = {
      390: { content: '<new>', special: false, lstrip: true, rstrip: true, normalized: false },
      1: { content: '<|im_start|>', special: true, lstrip: true, rstrip: true },
    };
    const decoded = load({ added_tokens_decoder: decoder });
    expect(decoded.encode('a <new> b <|im_start|> b')).toEqual([
      ...plain('a'),
      384,
      ...plain('b'),
      1,
      ...plain('b'),
    ]);
    expect(decoded.decode([384, 1], { skipSpecialTokens: true })).toBe('<new>');
  });

  it('takes the template named tool_use where tools are given, else the default one', () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const named = (...names: string[]) =>
      Tokenizer.from({
        tokenizerJson: fixture('tokenizer.json'),
        tokenizerConfig: { chat_template: names.map((name) => ({ name, template: name })) },
      });
    const both = named('tool_use', 'default');
    expect(both.renderChat(messages)).toBe('default');
    expect(both.renderChat(messages, { tools: [] })).toBe('tool_use');
    expect(both.renderChat(messages, { kwargs: { tools: [{}] } })).toBe('tool_use');
    expect(named('rag', 'default').renderChat(messages, { tools: [{}] })).toBe('default');
    expect(codeOf(() => named('rag', 'other').renderChat(messages))).toBe('chat-template-missing');
    const fromFiles = Tokenizer.from({
      tokenizerJson: fixture('tokenizer.json'),
      chatTemplate: 'file',
      namedTemplates: { tool_use: 'file with tools' },
    });
    expect(fromFiles.renderChat(messages)).toBe('file');
    expect(fromFiles.renderChat(messages, { tools: [] })).toBe('file with tools');
  });

  it('counts the bytes that it has to drop and the characters it does not know', () => {
    const dropping = Tokenizer.from({ tokenizerJson: kinds[1]!.tokenizer });
    expect(dropping.encode('\u0001\u0002')).toEqual([]);
    expect(dropping.lost).toMatchObject({ dropped: 2, unknown: 0, examples: ['\u0001\u0002'] });
    const unknown = Tokenizer.from({ tokenizerJson: kinds[6]!.tokenizer });
    unknown.encode('ж fox');
    expect(unknown.lost).toMatchObject({ dropped: 0, unknown: 1 });
  });

  it.each(kinds)('takes a word of 200,000 letters and other endless runs: $name', (kind) => {
    const tokenizer = Tokenizer.from({ tokenizerJson: kind.tokenizer });
    const counts = Object.entries(unigram.runs).map(
      ([run, size]) =>
        tokenizer.encode(run.repeat(size / run.length), { addSpecialTokens: false }).length,
    );
    expect(counts).toEqual(unigram.counts[kind.name]);
  });

  it('refuses half of a surrogate pair, which is no text', () => {
    const tokenizer = tiny();
    expect(codeOf(() => tokenizer.encode('a \ud83d b'))).toBe('lone-surrogate');
    expect(codeOf(() => tokenizer.encode('\udd8a'))).toBe('lone-surrogate');
    const chat = [{ role: 'assistant', content: 'cut \ud83e' }];
    expect(codeOf(() => tokenizer.encodeChat(chat))).toBe('lone-surrogate');
    expect(codeOf(() => tokenizer.encodeChat(chat, { assistantMask: true }))).toBe(
      'lone-surrogate',
    );
    expect(tokenizer.encode('whole 🦊')).toEqual(tokenizer.encode('whole \ud83e\udd8a'));
  });

  it('holds back an emoji until its last byte has come', () => {
    const tokenizer = tiny();
    const stream = tokenizer.stream();
    const ids = tokenizer.encode('🦊');
    expect(ids.length).toBeGreaterThan(1);
    expect(ids.map((id) => stream.push(id))).toEqual([...ids.slice(1).map(() => ''), '🦊']);
    expect(stream.push(ids[0]!)).toBe('');
    expect(stream.flush()).toBe('\uFFFD');
  });

  it('passes over ids without a token, and refuses those that are no ids', () => {
    expect(tiny().decode([500, 2, 100000])).toBe('<|im_end|>');
    expect(tiny().decode([])).toBe('');
    expect(codeOf(() => tiny().decode([-100]))).toBe('bad-token');
  });

  it('names what is wrong with a damaged tokenizer.json', () => {
    const good = JSON.parse(fixture('tokenizer.json'));
    const load = (change: (file: typeof good) => void) => {
      const file = structuredClone(good);
      change(file);
      return codeOf(() => Tokenizer.from({ tokenizerJson: file }));
    };
    expect(codeOf(() => Tokenizer.from({ tokenizerJson: '{"model": ' }))).toBe('tokenizer-invalid');
    expect(codeOf(() => Tokenizer.from({ tokenizerJson: '[]' }))).toBe('tokenizer-invalid');
    expect(load((file) => delete file.model)).toBe('tokenizer-invalid');
    expect(load((file) => (file.model.vocab.cat = -1))).toBe('tokenizer-invalid');
    expect(load((file) => (file.model.vocab.cat = 1e12))).toBe('tokenizer-invalid');
    expect(load((file) => (file.model.vocab.cat = 'x'))).toBe('tokenizer-invalid');
    expect(load((file) => (file.model.vocab.other = 5))).toBe('tokenizer-invalid');
    expect(load((file) => file.model.merges.push(['nowhere', 'seen']))).toBe('tokenizer-invalid');
    expect(load((file) => file.model.merges.push('three words here'))).toBe('tokenizer-invalid');
    expect(load((file) => (file.added_tokens[0].content = ''))).toBe('tokenizer-invalid');
    expect(load((file) => (file.model = { type: 'WordLevel', vocab: {} }))).toBe(
      'tokenizer-unsupported',
    );
    expect(load((file) => (file.pre_tokenizer = { type: 'Klingon' }))).toBe(
      'tokenizer-unsupported',
    );
    expect(codeOf(() => Tokenizer.from({ tokenizerJson: good, tokenizerConfig: 'not json' }))).toBe(
      'tokenizer-invalid',
    );
  });

  it('refuses replacements that would multiply a text without end', () => {
    const file = JSON.parse(fixture('tokenizer.json'));
    file.normalizer = {
      type: 'Sequence',
      normalizers: Array.from({ length: 30 }, () => ({
        type: 'Replace',
        pattern: { String: 'a' },
        content: 'aa',
      })),
    };
    expect(codeOf(() => Tokenizer.from({ tokenizerJson: file }))).toBe('tokenizer-invalid');
  });

  it('keeps a token named __proto__ a token', () => {
    const file = JSON.parse(fixture('tokenizer.json').replace('"<|pad|>"', '"__proto__"'));
    expect(Tokenizer.from({ tokenizerJson: file }).encode('__proto__')).toEqual([3]);
  });
});
