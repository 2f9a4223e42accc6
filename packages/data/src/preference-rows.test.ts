import { readFileSync } from 'node:fs';
import { Tokenizer } from '@attune/tokenizer';
import { describe, expect, it } from 'vitest';
import { BatchLoader } from './loader.ts';
import { collatePairs, collateUnpaired } from './preference-batches.ts';
import { ktoWeightNote, preferenceNotes } from './preference-report.ts';
import { preparePreference } from './preference-rows.ts';
import { joinRows } from './row-batch.ts';
import { prepareUnpaired } from './unpaired.ts';

const read = (name: string) =>
  readFileSync(
    new URL(`../../preference/fixtures/models/pref-llama/${name}`, import.meta.url),
    'utf8',
  );
const tokenizer = Tokenizer.from({
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
});
const pair = {
  prompt: 'Describe the fox.',
  chosen: ' The fox is kind.',
  rejected: ' The fox is dull.',
};
const judged = (completion: string, label: unknown) => ({
  prompt: 'Describe the fox.',
  completion,
  label,
});
const text = (ids: Int32Array) => tokenizer.decode(ids);
const dpo = { trainer: 'dpo' } as const;
const said = (role: string, content: string) => ({ role, content });

describe('bad pairs', () => {
  it('identical answers are counted, and the notes say so', async () => {
    const { report } = await preparePreference(
      [pair, { ...pair, rejected: pair.chosen }],
      tokenizer,
      dpo,
    );
    expect(report).toMatchObject({ rows: 2, kept: 2, identical: 1 });
    expect(preferenceNotes(report, tokenizer).join()).toContain(
      'In 1 of 2 rows chosen and rejected are the same',
    );
  });

  it('a prompt that stands again in both answers is named, as text and as messages', async () => {
    const again = { ...pair, chosen: `${pair.prompt} Kind.`, rejected: `${pair.prompt} Dull.` };
    const turn = said('user', 'Describe the fox.');
    const chat = (answer: string) => [turn, said('assistant', answer)];
    const twice = { prompt: [turn], chosen: chat('Kind.'), rejected: chat('Dull.') };
    for (const row of [again, twice]) {
      const { report } = await preparePreference([row], tokenizer, dpo);
      expect(report).toMatchObject({ rows: 1, promptsRepeated: 1 });
      const notes = preferenceNotes(report, tokenizer).join();
      expect(notes).toContain(
        'the prompt stands in prompt and again at the beginning of the answers',
      );
      expect(notes).not.toContain('Move the space');
    }
    const kto = await prepareUnpaired(
      [judged('Describe the fox. Kind.', true), judged('Dull.', false)],
      tokenizer,
      { batchSize: 2 },
    );
    expect(kto.report.promptsRepeated).toBe(1);
    // The beginning of one answer only, or a prompt of a word or two, is no sign of it.
    for (const row of [
      { ...again, rejected: 'Dull.' },
      { prompt: 'The', chosen: 'The fox', rejected: 'The owl' },
    ]) {
      const { report } = await preparePreference([row], tokenizer, dpo);
      expect(report.promptsRepeated).toBe(0);
    }
  });

  it('empty answers are counted, and the notes say so', async () => {
    const { report } = await preparePreference([{ ...pair, rejected: '' }], tokenizer, dpo);
    expect(report.emptyCompletions).toBe(1);
    expect(preferenceNotes(report, tokenizer).join()).toContain('1 answers are empty');
  });

  it('an answer without any token is refused: there is no end of text to train', async () => {
    const { eos_token: _, ...config } = JSON.parse(read('tokenizer_config.json'));
    const endless = Tokenizer.from({
      tokenizerJson: read('tokenizer.json'),
      tokenizerConfig: config,
    });
    const rows = preparePreference([pair, { ...pair, chosen: '' }], endless, dpo);
    await expect(rows).rejects.toMatchObject({ code: 'preference-empty-completion' });
    await expect(rows).rejects.toThrow('Row 2');
  });

  it('DPO leaves out prompts that fill max_length, cuts answers, and refuses to be left with nothing', async () => {
    const long = { ...pair, prompt: 'Describe the fox. '.repeat(5) };
    const some = await preparePreference([pair, long], tokenizer, { ...dpo, maxLength: 6 });
    expect(some.report).toMatchObject({ rows: 2, kept: 1, dropped: 1, truncated: 2 });
    expect(some.examples[0]!.chosenIds).toHaveLength(6);
    const none = preparePreference([long], tokenizer, { ...dpo, maxLength: 6 });
    await expect(none).rejects.toMatchObject({ code: 'data-all-dropped' });
  });

  it('a reward model leaves out rows of which one side is longer than max_length', async () => {
    const rows = [pair, { ...pair, rejected: ' The fox is dull.'.repeat(4) }];
    const reward = { trainer: 'reward' } as const;
    const { examples } = await preparePreference([pair], tokenizer, reward);
    const maxLength = Math.max(examples[0]!.chosenIds.length, examples[0]!.rejectedIds.length);
    const { report } = await preparePreference(rows, tokenizer, { ...reward, maxLength });
    expect(report).toMatchObject({ kept: 1, dropped: 1, truncated: 0 });
  });

  it.each(['orpo', 'cpo'] as const)('%s refuses to cut an answer to nothing', async (trainer) => {
    const rows = preparePreference([pair], tokenizer, { trainer, maxLength: 4 });
    await expect(rows).rejects.toMatchObject({ code: 'preference-truncated-empty' });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '0.5'])(
    'a margin of %s is refused',
    async (margin) => {
      const rows = preparePreference([{ ...pair, margin }], tokenizer, { trainer: 'reward' });
      await expect(rows).rejects.toMatchObject({ code: 'preference-number-invalid' });
    },
  );

  it('judged single answers are sent to KTO, prompts alone are no pairs', async () => {
    const single = preparePreference([judged(' Kind.', true)], tokenizer, dpo);
    await expect(single).rejects.toMatchObject({ code: 'preference-unpaired' });
    const alone = preparePreference([{ prompt: 'Hello' }], tokenizer, dpo);
    await expect(alone).rejects.toMatchObject({ code: 'data-shape-unknown' });
  });

  it('conversations that share no message have no prompt', async () => {
    const row = { chosen: [said('user', 'A')], rejected: [said('user', 'B')] };
    const rows = preparePreference([row], tokenizer, dpo);
    await expect(rows).rejects.toMatchObject({ code: 'preference-no-prompt' });
  });
});

describe('prompts', () => {
  it('an implicit prompt ends before the space of the answers', async () => {
    const { prompt, chosen, rejected } = { ...pair, chosen: ' Kind.', rejected: ' Dull.' };
    const implicit = { chosen: prompt + chosen, rejected: prompt + rejected };
    const [a, b] = await Promise.all(
      [implicit, { prompt, chosen, rejected }].map((row) =>
        preparePreference([row], tokenizer, dpo),
      ),
    );
    expect(a!.examples).toEqual(b!.examples);
    expect(text(a!.examples[0]!.chosenIds.slice(a!.examples[0]!.chosenStart))).toMatch(/^ Kind\./);
  });

  it('a prompt of text beside conversations that hold it is not used twice', async () => {
    const prompt = said('user', 'Describe the fox.');
    const row = {
      chosen: [prompt, said('assistant', 'Kind.')],
      rejected: [prompt, said('assistant', 'Dull.')],
    };
    const plain = await preparePreference([row], tokenizer, { trainer: 'orpo' });
    const named = await preparePreference([{ prompt: 'Describe the fox.', ...row }], tokenizer, {
      trainer: 'orpo',
    });
    expect(named.examples).toEqual(plain.examples);
  });

  it('ORPO puts EOS after what the chat template ends with, so that it stands twice', async () => {
    const row = {
      prompt: [said('user', 'Describe the fox.')],
      chosen: [said('assistant', 'Kind.')],
      rejected: [said('assistant', 'Dull.')],
    };
    const { examples } = await preparePreference([row], tokenizer, { trainer: 'orpo' });
    const { chosenIds, chosenStart } = examples[0]!;
    expect(text(chosenIds.slice(chosenStart))).toBe('Kind.<|im_end|>\n<|im_end|>');
  });

  it('log-probabilities of the reference come along, chosen before rejected', async () => {
    const rows = [-1.5, -2.5].map((logps) => ({
      ...pair,
      ref_chosen_logps: logps,
      ref_rejected_logps: logps - 10,
    }));
    const { examples } = await preparePreference(rows, tokenizer, dpo);
    const batch = collatePairs(examples);
    expect(Array.from(batch.refLogps!)).toEqual([-1.5, -2.5, -11.5, -12.5]);
  });
});

describe('a prompt that stands in the completions too', () => {
  it('is said, in place of a word on tokens that cross', async () => {
    const prompt = 'Where is the red fox? ';
    const twice = { prompt, chosen: `${prompt}Here.`, rejected: `${prompt}There.` };
    const user = { role: 'user', content: 'Hi' };
    const chat = {
      prompt: [user],
      chosen: [user, { role: 'assistant', content: 'a' }],
      rejected: [user, { role: 'assistant', content: 'b' }],
    };
    for (const row of [twice, chat]) {
      for (const run of [
        () => preparePreference([row], tokenizer, dpo),
        () => prepareUnpaired([row], tokenizer, { batchSize: 2 }),
      ]) {
        const { report } = await run();
        expect(report.promptsCrossed).toBe(0);
        expect(preferenceNotes(report, tokenizer).join()).toMatch(/again at the beginning/);
      }
    }
    const { report } = await preparePreference([pair], tokenizer, dpo);
    expect(report.promptsRepeated).toBe(0);
  });

  it('and rows without content change nothing, wherever they stand', async () => {
    const rows = [' a', ' b', ' c'].map((chosen) => ({ ...pair, chosen }));
    const plain = await preparePreference(rows, tokenizer, dpo);
    for (let at = 0; at <= 3; at++) {
      const more = [
        ...rows.slice(0, at),
        { prompt: '', chosen: null, rejected: '' },
        ...rows.slice(at),
      ];
      const { examples, report } = await preparePreference(more, tokenizer, dpo);
      expect(examples.map(({ chosenIds }) => chosenIds)).toEqual(
        plain.examples.map(({ chosenIds }) => chosenIds),
      );
      expect(report).toEqual({ ...plain.report, rows: 4, empty: 1, firstEmpty: at + 1 });
      expect(preferenceNotes(report, tokenizer)[0]).toContain(`left out (row ${at + 1})`);
    }
  });
});

describe('KTO', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((name, i) => judged(` ${name}`, i % 2 === 0));
  const answers = (examples: readonly { klIds: Int32Array; klStart: number }[]) =>
    examples.map(({ klIds, klStart }) => text(klIds.slice(klStart)).trim()[0]);

  it('answers rotate inside blocks of a batch, and a row left alone keeps its own', async () => {
    const { examples, report } = await prepareUnpaired(five, tokenizer, { batchSize: 2 });
    expect(answers(examples)).toEqual(['b', 'a', 'd', 'c', 'e']);
    expect(report).toMatchObject({ desirable: 3, undesirable: 2, klMatched: 1 });
    expect(preferenceNotes(report, tokenizer).join()).toContain('stands alone in the last batch');
    const three = await prepareUnpaired(five, tokenizer, { batchSize: 3 });
    expect(answers(three.examples)).toEqual(['c', 'a', 'b', 'e', 'd']);
  });

  it('rows are left out before answers rotate', async () => {
    const long = { ...judged(' x', true), prompt: 'Describe the fox. '.repeat(9) };
    const rows = [five[0]!, long, ...five.slice(1)];
    const { examples, report } = await prepareUnpaired(rows, tokenizer, {
      batchSize: 3,
      maxLength: 20,
    });
    expect(report).toMatchObject({ rows: 6, kept: 5, dropped: 1 });
    // Of what trains, not of what was read.
    expect(report.tokens).toBe(examples.reduce((sum, { ids }) => sum + ids.length, 0));
    expect(answers(examples)).toEqual(['c', 'a', 'b', 'e', 'd']);
  });

  it('pairs become all chosen, then all rejected, 1000 rows at a time', async () => {
    const rows = Array.from({ length: 1003 }, () => pair);
    const { examples } = await prepareUnpaired(rows, tokenizer, { batchSize: 2 });
    const runs = examples.map(({ label }) => (label ? '+' : '-')).join('');
    expect(runs).toBe(`${'+'.repeat(1000)}${'-'.repeat(1000)}+++---`);
  });

  it('labels may be 0 and 1; a label of another kind is refused', async () => {
    const rows = [judged(' a', 1), judged(' b', 0)];
    const { examples } = await prepareUnpaired(rows, tokenizer, { batchSize: 2 });
    const batch = collateUnpaired(examples);
    expect(Array.from(batch.desirable)).toEqual([1, 0]);
    const bad = prepareUnpaired([judged(' a', 'good')], tokenizer, { batchSize: 2 });
    await expect(bad).rejects.toMatchObject({ code: 'data-shape-unknown' });
  });

  it('weights that leave one kind much heavier are named, with the range that balances them', () => {
    const counts = { desirable: 30, undesirable: 10 };
    expect(ktoWeightNote(counts, 1, 1)).toContain(
      'desirable_weight from 0.33 to 0.44 or undesirable_weight from 2.26 to 3',
    );
    expect(ktoWeightNote(counts, 0.4, 1)).toBeUndefined();
    expect(ktoWeightNote(counts, 1, 2.5)).toBeUndefined();
    expect(ktoWeightNote({ desirable: 10, undesirable: 10 }, 1, 5)).toBeUndefined();
  });

  it('a batch of one and rows of one kind are refused', async () => {
    const small = prepareUnpaired(five, tokenizer, { batchSize: 1 });
    await expect(small).rejects.toMatchObject({ code: 'kto-batch-too-small' });
    const good = prepareUnpaired([judged(' a', true), judged(' b', true)], tokenizer, {
      batchSize: 2,
    });
    await expect(good).rejects.toMatchObject({ code: 'kto-one-kind' });
    const heldOut = { batchSize: 2, heldOut: true };
    await expect(
      prepareUnpaired([judged(' a', true), judged(' b', true)], tokenizer, heldOut),
    ).rejects.toThrow(/All 2 held-out rows are desirable/);
    const { examples } = await prepareUnpaired(five, tokenizer, { batchSize: 1, kl: false });
    expect(answers(examples)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

it('pairs are shuffled as every other data set, and a run goes on where it stood', async () => {
  const rows = Array.from({ length: 7 }, (_, i) => ({ ...pair, chosen: ` ${i}` }));
  const { examples } = await preparePreference(rows, tokenizer, dpo);
  const options = { batchSize: 2, seed: 5 };
  const pairs = new BatchLoader(examples, { ...options, collate: collatePairs });
  const order = new BatchLoader(
    examples.map(({ chosenIds }) => ({ inputIds: chosenIds, labels: chosenIds })),
    { ...options, collate: joinRows },
  );
  const expected: Int32Array[] = [];
  for await (const { examples: e } of order.epoch(1)) expected.push(...e.map((x) => x.inputIds));
  const found: Int32Array[] = [];
  for await (const { examples: e } of pairs.epoch(1)) found.push(...e.map((x) => x.chosenIds));
  expect(found).toEqual(expected);
  expect(found).not.toEqual(examples.map((x) => x.chosenIds));
  const later: Int32Array[] = [];
  for await (const { examples: e } of pairs.epoch(1, 2)) later.push(...e.map((x) => x.chosenIds));
  expect(later).toEqual(expected.slice(4));
});
