import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { alignTokens } from './align-tokens.ts';
import { Tokenizer } from './tokenizer.ts';
import type { Json } from './tokenizer-file.ts';
import { trainsTurnEnd, turnEnd, turnEndNotes } from './turn-end.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const tokenizerJson = fixture('tokenizer.json');
const chatml = fixture('chat_template.jinja');

interface Case {
  files: { config: Json; generation_config: Json | null; tokenizer_config: Json };
  keys: { eos_token?: string; pad_token?: string; chat_template_path?: string };
  source?: Json;
  saved: { config: Json; generation_config: Json; tokenizer_config: Json };
}

/** Ids of the files of a model before and after a step of TRL's SFTTrainer: fixtures/make-align.py. */
const recorded = JSON.parse(fixture('align.json')) as Case[];

const picked = (json: Json, names: string[]) =>
  Object.fromEntries(names.map((name) => [name, json[name] ?? null]));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return (error as AttuneError).code;
  }
  return 'no error';
}

describe('alignTokens', () => {
  it('leaves config, generation_config and tokenizer as TRL does, in 197 recorded cases', () => {
    expect(recorded).toHaveLength(197);
    for (const { files, keys, source, saved } of recorded) {
      const texts = {
        config: files.config,
        generationConfig: files.generation_config ?? undefined,
        tokenizer: { tokenizerJson, tokenizerConfig: files.tokenizer_config, chatTemplate: chatml },
      };
      const before = JSON.stringify(texts);
      const from = { tokenizerJson, tokenizerConfig: source!, chatTemplate: chatml };
      const aligned = alignTokens(texts, {
        eosToken: keys.eos_token,
        padToken: keys.pad_token,
        chatTemplate: source && from,
      });
      const ids = ['bos_token_id', 'eos_token_id', 'pad_token_id'];
      const tokens = ['bos_token', 'eos_token', 'pad_token'];
      const found = {
        config: picked(aligned.config, ids),
        generation_config: picked(aligned.generationConfig, ids),
        tokenizer_config: picked(aligned.tokenizer.tokenizerConfig, tokens),
      };
      expect(found, JSON.stringify({ files, keys, source })).toEqual(saved);
      expect(JSON.stringify(texts)).toBe(before);
    }
  });

  const base = {
    config: { eos_token_id: 0 },
    tokenizer: { tokenizerJson, tokenizerConfig: { eos_token: '<|endoftext|>' } },
  };

  it('says where generation ends from now on', () => {
    const { notes, generationConfig } = alignTokens(base, { eosToken: '<|im_end|>' });
    expect(notes).toEqual([
      'Generation ends at <|im_end|> (2, 0) from now on; generation_config.json said 0.',
    ]);
    expect(generationConfig).toMatchObject({ _from_model_config: true, eos_token_id: [2, 0] });
    expect(alignTokens(base).notes).toEqual([]);
  });

  it('takes the ids of the model’s class where config.json names none', () => {
    const { config, generationConfig } = alignTokens(
      { ...base, config: {} },
      {},
      { eos_token_id: 2 },
    );
    expect(config.eos_token_id).toBe(0);
    expect(generationConfig.eos_token_id).toEqual([0, 2]);
  });

  it('refuses a token that the vocabulary lacks, and a template whose tokens it lacks', () => {
    expect(codeOf(() => alignTokens(base, { eosToken: '</s>' }))).toBe('special-token-unknown');
    expect(codeOf(() => alignTokens(base, { padToken: '</s>' }))).toBe('special-token-unknown');
    const none = { tokenizerJson };
    expect(codeOf(() => alignTokens(base, { chatTemplate: none }))).toBe('chat-template-missing');
    const other = { tokenizerJson, tokenizerConfig: { eos_token: '</s>' }, chatTemplate: chatml };
    expect(codeOf(() => alignTokens(base, { chatTemplate: other }))).toBe(
      'chat-template-tokens-missing',
    );
  });

  it('takes the text of a template in place of all that the model has', () => {
    const named = { ...base.tokenizer, chatTemplate: 'a', namedTemplates: { tool_use: 'b' } };
    const { tokenizer } = alignTokens({ ...base, tokenizer: named }, { chatTemplate: 'c' });
    const rendered = Tokenizer.from(tokenizer).renderChat([{ role: 'user' }], { tools: [] });
    expect(rendered).toBe('c');
  });
});

describe('the end of a turn', () => {
  const load = (eosToken: string, chatTemplate = chatml) =>
    Tokenizer.from({ tokenizerJson, tokenizerConfig: { eos_token: eosToken }, chatTemplate });

  it('is the added token behind what the assistant said', () => {
    expect(turnEnd(load('<|endoftext|>'))).toEqual({ id: 2, text: '<|im_end|>' });
    expect(
      turnEnd(load('<|im_end|>', '{% for m in messages %}{{ m.content }};{% endfor %}')),
    ).toBeUndefined();
    expect(turnEnd(load('<|im_end|>', "{{ raise_exception('no') }}"))).toBeUndefined();
    expect(turnEnd(Tokenizer.from({ tokenizerJson }))).toBeUndefined();
  });

  it('is named where generation would not stop at it', () => {
    expect(turnEndNotes(load('<|im_end|>'))).toEqual([]);
    const [note, ...more] = turnEndNotes(load('<|endoftext|>'));
    expect(note).toContain(
      'ends a turn with <|im_end|> (2), but generation stops at <|endoftext|> (0)',
    );
    expect(note).toContain("Set eos_token: '<|im_end|>'");
    expect(more).toEqual([]);
  });

  it('is named where assistant_only_loss leaves it out', () => {
    const outside = chatml.replace(
      "+ '<|im_end|>' }}{% endgeneration %}",
      "}}{% endgeneration %}{{ '<|im_end|>' }}",
    );
    expect(outside).not.toBe(chatml);
    expect(trainsTurnEnd(load('<|im_end|>'))).toBe(true);
    expect(trainsTurnEnd(load('<|im_end|>', outside))).toBe(false);
    expect(turnEndNotes(load('<|im_end|>', outside), { assistantOnlyLoss: true })).toHaveLength(1);
    expect(turnEndNotes(load('<|im_end|>', outside))).toEqual([]);
  });
});
