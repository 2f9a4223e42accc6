import { readFileSync } from 'node:fs';
import { Tokenizer } from '@attune/tokenizer';
import { describe, expect, it } from 'vitest';
import type { EncodeExampleOptions } from './encode-example.ts';
import { encodeExample, ignored } from './encode-example.ts';
import { newReport } from './encode-report.ts';
import type { Row } from './read-rows.ts';
import { reportNotes } from './report-notes.ts';

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const files = {
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
};
const tokenizer = Tokenizer.from(files);
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

/** The tokens of a row, and of those that are trained, as text. */
function texts(row: Row, options: EncodeExampleOptions = {}) {
  const example = encodeExample(row, tokenizer, options);
  if (!example) return undefined;
  const { inputIds, labels } = example;
  expect(labels.length).toBe(inputIds.length);
  for (const [i, label] of labels.entries()) expect([ignored, inputIds[i]]).toContain(label);
  return {
    all: tokenizer.decode(inputIds),
    trained: tokenizer.decode(Array.from(labels).filter((label) => label !== ignored)),
  };
}

describe('a row of plain text', () => {
  it('is trained whole, with EOS at its end, once', () => {
    expect(texts({ text: 'The red fox.' })).toEqual({
      all: 'The red fox.<|im_end|>',
      trained: 'The red fox.<|im_end|>',
    });
    expect(texts({ text: 'Done.<|im_end|>' })?.all).toBe('Done.<|im_end|>');
    expect(texts({ story: 'Done.' }, { datasetTextField: 'story' })?.all).toBe('Done.<|im_end|>');
  });

  it('keeps its start where it is too long', () => {
    const { inputIds } = encodeExample({ text: 'a b c d e f' }, tokenizer)!;
    const cut = encodeExample({ text: 'a b c d e f' }, tokenizer, { maxLength: 4 })!;
    expect(cut.inputIds).toEqual(inputIds.slice(0, 4));
    const end = { maxLength: 4, truncationMode: 'keep_end' } as const;
    const kept = encodeExample({ text: 'a b c d e f' }, tokenizer, end)!;
    expect(kept).toEqual({ inputIds: inputIds.slice(-4), labels: inputIds.slice(-4) });
    for (const [packingStrategy, expected] of [
      ['bfd', inputIds.slice(0, 4)],
      ['bfd_split', inputIds],
      ['wrapped', inputIds],
    ] as const) {
      const packed = { maxLength: 4, packing: true, packingStrategy };
      const example = encodeExample({ text: 'a b c d e f' }, tokenizer, packed)!;
      expect(example.inputIds).toEqual(expected);
    }
    expect(
      encodeExample({ text: 'a b c d e f' }, tokenizer, { maxLength: null })!.inputIds,
    ).toEqual(inputIds);
  });

  it('gets no EOS from a tokenizer that names none, and the notes say so', () => {
    const { tokenizerJson } = files;
    const silent = Tokenizer.from({ tokenizerJson });
    const { inputIds } = encodeExample({ text: 'fox' }, silent)!;
    expect(silent.decode(inputIds)).toBe('fox');
    expect(reportNotes(newReport(), silent)).toEqual([expect.stringContaining('end-of-text')]);
  });
});

describe('a row of prompt and completion', () => {
  const row = { prompt: 'Where is the fox?', completion: ' By the river.' };

  it('trains the completion, or all tokens, or neither more than the other option allows', () => {
    expect(texts(row)?.trained).toBe(' By the river.<|im_end|>');
    expect(texts(row, { completionOnlyLoss: true })?.trained).toBe(' By the river.<|im_end|>');
    expect(texts(row, { completionOnlyLoss: false })?.trained).toBe(
      'Where is the fox? By the river.<|im_end|>',
    );
  });

  it('begins the completion where a token crosses from the prompt, and counts the row', () => {
    const report = newReport();
    const crossing = { prompt: 'Where is the fox? ', completion: 'The fox is near.' };
    // The space and the first word are one token, which the prompt alone does not end with.
    expect(texts(crossing, { report })?.trained).toBe(' The fox is near.<|im_end|>');
    texts(row, { report });
    expect(report).toMatchObject({ rows: 2, promptsCrossed: 1 });
    expect(reportNotes(report, tokenizer)[0]).toContain('In 1 of 2 rows a token crosses');
  });

  it('is left out where only its prompt fits, and counted', () => {
    const report = newReport();
    expect(texts(row, { maxLength: 3, report })).toBeUndefined();
    expect(report).toMatchObject({ rows: 1, dropped: 1, truncated: 1, tokens: 0 });
    expect(reportNotes(report, tokenizer, { maxLength: 3 })).toEqual([
      expect.stringContaining('1 of 1 rows are left out'),
      expect.stringContaining('1 of 1 rows are cut to max_length 3'),
    ]);
  });

  it('renders conversations, with the cue for the assistant at the end of the prompt', () => {
    const chat = { prompt: [user('Hi')], completion: [assistant('Hello.')] };
    expect(texts(chat)).toEqual({
      all: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n',
      trained: 'Hello.<|im_end|>\n',
    });
    expect(texts(chat, { assistantOnlyLoss: true })?.trained).toBe('Hello.<|im_end|>');
    const more = {
      prompt: [user('Hi'), assistant('Yes?'), user('Go')],
      completion: [assistant('Ok')],
    };
    expect(texts(more, { assistantOnlyLoss: true, completionOnlyLoss: false })?.trained).toBe(
      'Yes?<|im_end|>Ok<|im_end|>',
    );
    expect(texts(more, { assistantOnlyLoss: true })?.trained).toBe('Ok<|im_end|>');
  });

  it('is refused where prompt and completion are of two kinds', () => {
    expect(() => texts({ prompt: [user('Hi')], completion: 'Hello' })).toThrow(
      /completion should hold/,
    );
    expect(() => texts({ prompt: 'Hi', completion: [assistant('Hello')] })).toThrow(
      /should hold text/,
    );
  });
});

describe('a conversation', () => {
  const row = { messages: [user('Hi'), assistant('Hello.'), user('Bye'), assistant('See you.')] };

  it('is trained whole, or what the assistant says', () => {
    expect(texts(row)?.trained).toBe(texts(row)?.all);
    expect(texts(row, { assistantOnlyLoss: true })?.trained).toBe(
      'Hello.<|im_end|>See you.<|im_end|>',
    );
  });

  it("may have ShareGPT's fields, whose roles go into the template as they are", () => {
    const report = newReport();
    const conversations = [
      { from: 'human', value: 'Hi' },
      { from: 'assistant', value: 'Hello.' },
    ];
    expect(texts({ conversations }, { report })?.all).toBe(
      '<|im_start|>human\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n',
    );
    expect(reportNotes(report, tokenizer)[0]).toContain('human and gpt');
  });

  it('passes tools and further variables to the template', () => {
    const chatTemplate =
      "{{ tools | tojson }}{{ style }}{% for m in messages %}{{ m['content'] }}{% endfor %}";
    const other = Tokenizer.from({ ...files, chatTemplate });
    const example = encodeExample(
      { messages: [user('Hi')], tools: '[{"name":"f"}]', chat_template_kwargs: { style: '!' } },
      other,
    )!;
    expect(other.decode(example.inputIds)).toBe('[{"name": "f"}]!Hi');
  });

  it('is refused for assistant_only_loss where the assistant is silent or rows are plain', () => {
    const options = { assistantOnlyLoss: true };
    expect(() => texts({ messages: [user('Hi')] }, options)).toThrow(/the assistant says nothing/);
    expect(() => texts({ text: 'Hi' }, options)).toThrow(/rows are plain text/);
  });

  it('needs a chat template', () => {
    const { tokenizerJson, tokenizerConfig } = files;
    const plain = Tokenizer.from({ tokenizerJson, tokenizerConfig });
    expect(() => encodeExample(row, plain)).toThrow(/no chat template/);
  });
});

describe('a row of token ids', () => {
  const ids = [5, 6, 7, 8, 9, 10];
  const labelsOf = (row: Row, options: EncodeExampleOptions = {}) =>
    Array.from(encodeExample(row, tokenizer, options)!.labels);

  it('is taken as it is', () => {
    const row = { input_ids: [5, 6, 7], labels: [ignored, 6, 7] };
    expect(encodeExample(row, tokenizer)).toEqual({
      inputIds: Int32Array.of(5, 6, 7),
      labels: Int32Array.of(ignored, 6, 7),
    });
    expect(encodeExample({ input_ids: [5] }, tokenizer)?.labels).toEqual(Int32Array.of(5));
    expect(labelsOf({ input_ids: Int32Array.from(ids) })).toEqual(ids);
  });

  it('is trained where its masks say, by the rules of TRL 1.16', () => {
    const masked = [ignored, ignored, ignored, 8, 9, 10];
    const assistant_masks = [0, 0, 0, 1, 1, 1];
    expect(labelsOf({ input_ids: ids, assistant_masks })).toEqual(masked);
    const completion = { input_ids: ids, completion_mask: [0, 0, 0, 1, 1, 1] };
    expect(labelsOf(completion, { completionOnlyLoss: true })).toEqual(masked);
    // Without completion_only_loss TRL lets completion_mask lie; the notes say so.
    const report = newReport();
    expect(labelsOf(completion, { report })).toEqual(ids);
    expect(labelsOf(completion, { completionOnlyLoss: false, report })).toEqual(ids);
    expect(reportNotes(report, tokenizer)).toContainEqual(
      expect.stringContaining('2 of 2 rows have a completion_mask'),
    );
    const both = { ...completion, assistant_masks: [1, 0, 0, 1, 0, 1] };
    expect(labelsOf(both, { completionOnlyLoss: true })).toEqual([
      ignored,
      ignored,
      ignored,
      8,
      ignored,
      10,
    ]);
    const booleans = { input_ids: ids, assistant_masks: assistant_masks.map(Boolean) };
    expect(labelsOf(booleans)).toEqual(masked);
    // Labels that are given stay as they are.
    expect(labelsOf({ input_ids: ids, labels: ids, assistant_masks })).toEqual(ids);
    expect(labelsOf({ input_ids: ids, assistant_masks }, { maxLength: 5 })).toEqual(
      masked.slice(0, 5),
    );
  });

  it('keeps its packed documents apart, and has its padding taken off', () => {
    const packed = { input_ids: ids, seq_lengths: [2, 4] };
    expect(encodeExample(packed, tokenizer)?.segments).toEqual([2, 4]);
    expect(encodeExample(packed, tokenizer, { maxLength: 5 })?.segments).toEqual([2, 3]);
    expect(encodeExample(packed, tokenizer, { maxLength: 2 })?.segments).toEqual([2]);
    const end = { maxLength: 5, truncationMode: 'keep_end' } as const;
    expect(encodeExample(packed, tokenizer, end)?.segments).toEqual([1, 4]);
    expect(() => encodeExample(packed, tokenizer, { packing: true })).toThrow(/packed already/);
    const padded = { input_ids: [0, 5, 6, 0], attention_mask: [0, 1, 1, 0], labels: [0, 5, 6, 0] };
    expect(encodeExample(padded, tokenizer)).toEqual({
      inputIds: Int32Array.of(5, 6),
      labels: Int32Array.of(5, 6),
    });
  });

  it.each<[string, Row, RegExp, EncodeExampleOptions?]>([
    ['labels of another length', { labels: [1] }, /labels has 1 entries for 6 input_ids/],
    ['labels that are none', { labels: ids.map(() => -1) }, /The label -1 of token 1 is neither/],
    ['a mask of another length', { assistant_masks: [1] }, /assistant_masks has 1 entries/],
    ['a mask of other numbers', { completion_mask: ids }, /completion_mask holds 5, not 0 or 1/],
    ['text for ids', { input_ids: ['x'] }, /input_ids holds "x", not token ids/],
    ['negative ids', { input_ids: [-1] }, /input_ids holds -1, not token ids/],
    ['documents of another length', { seq_lengths: [5] }, /seq_lengths add up to another number/],
    ['padding in its middle', { attention_mask: [1, 0, 1, 1, 1, 1] }, /has a 0 between tokens/],
    ['padding alone', { attention_mask: ids.map(() => 0) }, /marks every token as padding/],
    [
      'no mask for the assistant',
      {},
      /token ids without assistant_masks/,
      { assistantOnlyLoss: true },
    ],
  ])('is refused with %s', (_, more, message, options) => {
    expect(() => encodeExample({ input_ids: ids, ...more }, tokenizer, options)).toThrow(message);
  });
});

describe('completion_only_loss', () => {
  it('says where rows have no completion apart from a prompt', () => {
    const report = newReport();
    const options = { completionOnlyLoss: true, report };
    expect(texts({ text: 'fox' }, options)?.trained).toBe('fox<|im_end|>');
    expect(reportNotes(report, tokenizer)).toContainEqual(
      expect.stringContaining('1 of 1 rows have no completion apart from a prompt'),
    );
  });

  it('says where the prompt stands in the completion too', () => {
    const report = newReport();
    const prompt = 'Where is the red fox?';
    texts({ prompt, completion: `${prompt} Here.` }, { report });
    texts({ prompt: [user('Hi')], completion: [user('Hi'), assistant('Hello.')] }, { report });
    expect(reportNotes(report, tokenizer)).toContainEqual(
      expect.stringContaining('In 2 of 2 rows the prompt stands in the column prompt and again'),
    );
  });

  it('says where a completion is empty', () => {
    const report = newReport();
    expect(texts({ prompt: 'fox', completion: '' }, { report })?.trained).toBe('<|im_end|>');
    expect(reportNotes(report, tokenizer)).toContainEqual(
      expect.stringContaining('1 of 1 rows have an empty completion'),
    );
  });
});

describe('text that is none', () => {
  it('is refused with its column: half of a surrogate pair', () => {
    const half = 'cut \ud83d';
    const rows: [Row, RegExp][] = [
      [{ text: half }, /The column text holds half of a surrogate pair, \\ud83d/],
      [{ prompt: 'a', completion: half }, /The column completion/],
      [{ messages: [user('Hi'), assistant(half)] }, /The column messages/],
      [{ messages: [{ ...user('Hi'), [half]: 1 }] }, /The column messages/],
      [{ messages: [user('Hi')], tools: [{ name: half }] }, /The column tools/],
      [{ messages: [user('Hi')], chat_template_kwargs: { x: half } }, /chat_template_kwargs/],
    ];
    for (const [row, message] of rows) expect(() => encodeExample(row, tokenizer)).toThrow(message);
    expect(texts({ text: 'whole \ud83e\udd8a' })?.all).toContain('🦊');
  });
});

it('refuses preference rows and prompts alone, naming what it takes', () => {
  expect(() => texts({ prompt: 'a', chosen: 'b', rejected: 'c' })).toThrow(/is preference data/);
  expect(() => texts({ prompt: 'a' })).toThrow(/is prompt-only data/);
});
