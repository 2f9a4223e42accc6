import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '@attune/model';
import { tuningMethod } from '@attune/peft';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { main } from './cli.ts';
import { expectSame, listen, logitsApart, metrics, open, relative } from './testing.ts';

const fixtures = fileURLToPath(new URL('../../peft/fixtures', import.meta.url));
const cases = readdirSync(`${fixtures}/peft`);
const device = process.env.ATTUNE_DEVICE ?? 'auto';
const scratch = mkdtempSync(join(tmpdir(), 'attune-tuning-'));
const at = (...names: string[]) => join(scratch, ...names);
const home = process.cwd();
const terminal = listen();

afterEach(() => process.chdir(home));
afterAll(() => rmSync(scratch, { recursive: true }));

const text = (file: string) => readFileSync(file, 'utf8');
const folderOf = (name: string) => `${fixtures}/peft/${name}`;
const baseOf = (name: string) =>
  join(
    folderOf(name),
    /^model_name_or_path: (.*)$/m.exec(text(`${folderOf(name)}/recipe.yaml`))![1]!,
  );

/** Runs a case's recipe where it lies, from its recorded start and its recorded encoder. */
async function sft(name: string, out: string, ...more: string[]): Promise<number> {
  process.chdir(folderOf(name));
  const start: string[] = [];
  if (existsSync('initial')) {
    cpSync('initial', at('initial'), { recursive: true, force: true });
    const encoder = at('initial/prompt_encoder.safetensors');
    rmSync(encoder, { force: true });
    if (existsSync('initial.safetensors')) cpSync('initial.safetensors', encoder);
    start.push('--adapter_name_or_path', at('initial'));
  }
  const flags = ['--device', device, '--output_dir', out, ...start, ...more];
  return main(['sft', '--config', 'recipe.yaml', ...flags]);
}

/** Where a result lies: a model of its own, or an adapter beside its base. */
function places(name: string, out: string): string[] {
  return existsSync(join(out, 'model.safetensors'))
    ? ['--model_name_or_path', out]
    : ['--model_name_or_path', baseOf(name), '--adapter_name_or_path', out];
}

describe('recorded runs of other ways to tune', () => {
  test.each(cases)('%s: loss, gradient norm, weights and logits at every step', async (name) => {
    const out = at(name);
    expect(await sft(name, out), terminal.said).toBe(0);
    const { steps } = JSON.parse(text(join(folderOf(name), 'expected.json')));
    const rows = metrics(out);
    expect(rows.length).toBe(steps.length);
    for (const [i, want] of steps.entries()) {
      expect(relative(rows[i]!.loss!, want.loss), `loss of step ${i + 1}`).toBeLessThan(1e-5);
      expect(relative(rows[i]!.grad_norm!, want.grad_norm), `norm of ${i + 1}`).toBeLessThan(1e-5);
    }
    for (const [theirs, ours] of [
      ['adapter/adapter_model.safetensors', 'adapter_model.safetensors'],
      ['final.safetensors', 'bitfit.safetensors'],
      ['final.safetensors', 'prompt_encoder.safetensors'],
    ] as const) {
      const file = join(folderOf(name), theirs);
      if (existsSync(file) && existsSync(join(out, ours))) {
        await expectSame(await open(join(out, ours)), await open(file));
      }
    }
    expect(await logitsApart(folderOf(name), places(name, out), { device, scratch })).toBeLessThan(
      1e-4,
    );
  });

  test.each(cases)('%s: a resumed run writes the bytes of one never stopped', async (name) => {
    const [whole, parts, resumed] = ['whole', 'parts', 'resumed'].map((part) => at(name, part));
    const short = ['--max_steps', '4'];
    expect(await sft(name, whole!, ...short), terminal.said).toBe(0);
    const saving = ['--save_strategy', 'steps', '--save_steps', '2'];
    expect(await sft(name, parts!, ...short, ...saving), terminal.said).toBe(0);
    const from = ['--resume_from_checkpoint', join(parts!, 'checkpoint-2')];
    expect(await sft(name, resumed!, ...short, ...from), terminal.said).toBe(0);
    const files = readdirSync(whole!).filter((file) => file.endsWith('.safetensors'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const [a, b] = [readFileSync(join(whole!, file)), readFileSync(join(resumed!, file))];
      expect(a.equals(b), file).toBe(true);
    }
  });
});

describe('virtual tokens', () => {
  test.each(cases.filter((name) => /^p/.test(name)))(
    '%s: generation continues as the logits of the whole text say',
    async (name) => {
      process.chdir(folderOf(name));
      const adapter = ['--model_name_or_path', baseOf(name), '--adapter_name_or_path', 'adapter'];
      const prompts = [[5, 6, 7, 8], Array.from({ length: 21 }, (_, i) => 9 + i)];
      const lines = prompts.map((ids) => `${JSON.stringify({ prompt_ids: ids })}\n`);
      writeFileSync(at('prompts.jsonl'), lines.join(''));
      const files = ['--prompts', at('prompts.jsonl'), '--output', at('answers.jsonl')];
      const flags = ['--device', device, ...adapter, ...files, '--max_new_tokens', '12'];
      expect(await main(['generate', ...flags]), terminal.said).toBe(0);
      const answers = text(at('answers.jsonl'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const whole = answers.map(({ prompt_ids, ids }) => ({ input_ids: [...prompt_ids, ...ids] }));
      writeFileSync(at('input.jsonl'), whole.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const io = ['--input', at('input.jsonl'), '--output', at('logits.safetensors')];
      expect(await main(['logits', '--device', device, ...adapter, ...io]), terminal.said).toBe(0);
      const logits = await open(at('logits.safetensors'));
      for (const [row, { prompt_ids, ids, log_probs }] of answers.entries()) {
        expect(ids.length).toBeGreaterThan(0);
        const all = await logits.float32(`logits.${row}`);
        const vocabulary = all.length / whole[row]!.input_ids.length;
        for (const [i, id] of ids.entries()) {
          const at = (prompt_ids.length + i - 1) * vocabulary;
          const line = all.subarray(at, at + vocabulary);
          const largest = line.reduce((a, b) => Math.max(a, b));
          const sum = line.reduce((total, value) => total + Math.exp(value - largest), 0);
          expect(line[id]! - largest - Math.log(sum)).toBeCloseTo(log_probs[i], 4);
          expect(line[id]! - largest).toBeGreaterThan(-1e-4);
        }
      }
    },
  );

  const train = (...more: string[]) => {
    writeFileSync(at('rows.jsonl'), '{"text":"one two"}\n'.repeat(4));
    const base = ['--model_name_or_path', `${fixtures}/families/llama`];
    const data = ['--dataset_name', at('rows.jsonl'), '--output_dir', at('virtual')];
    const steps = ['--max_steps', '2', '--save_strategy', 'no', '--learning_rate', '1e-2'];
    return main(['sft', '--device', device, ...base, ...data, ...steps, ...more]);
  };

  test.each<[string, string[], number, RegExp]>([
    ['no number of them', ['--peft_type', 'P_TUNING'], 2, /num_virtual_tokens.*\[missing-key\]/s],
    [
      'a start of zeros for a network that makes them',
      ['--num_virtual_tokens', '4', '--prefix_projection', '--init_weights', 'zero'],
      2,
      /init_weights is "zero".*\[bad-value\]/s,
    ],
    [
      'a text to start from that is not there',
      ['--peft_type', 'PROMPT_TUNING', '--num_virtual_tokens', '4', '--prompt_tuning_init', 'TEXT'],
      2,
      /prompt_tuning_init_text is null.*\[bad-value\]/s,
    ],
    [
      'dropout in an LSTM',
      ['--peft_type', 'P_TUNING', '--num_virtual_tokens', '4', '--encoder_dropout', '0.1'].concat(
        '--encoder_reparameterization_type',
        'LSTM',
      ),
      2,
      /encoder_dropout is 0\.1.*\[bad-value\]/s,
    ],
    [
      'an adapter that lacks its encoder',
      ['--adapter_name_or_path', `${fixtures}/peft/prefix-projection/adapter`],
      1,
      /prompt_encoder\.safetensors.*\[encoder-missing\]/s,
    ],
  ])('%s is told by name', async (_, more, code, words) => {
    expect(await train('--peft_type', 'PREFIX_TUNING', ...more)).toBe(code);
    expect(terminal.said).toMatch(words);
  });

  test('an adapter of virtual tokens cannot be merged, nor can another model use it', async () => {
    const adapter = ['--adapter_name_or_path', `${folderOf('prefix-projection')}/adapter`];
    const merge = (model: string) =>
      main(['merge', '--model_name_or_path', model, ...adapter, '--output_dir', at('merged')]);
    expect(await merge(`${fixtures}/families/llama`)).toBe(1);
    expect(terminal.said).toMatch(/PREFIX_TUNING, which cannot be added.*\[unsupported-adapter\]/s);
    terminal.said = '';
    expect(await merge(`${fixtures}/families/llama-bias`)).toBe(1);
    expect(terminal.said).toMatch(/num_attention_heads is 2.*\[bad-adapter-config\]/s);
  });

  test('gradient checkpointing changes no bit of a network that makes keys and values', async () => {
    const own = [
      '--peft_type',
      'PREFIX_TUNING',
      '--num_virtual_tokens',
      '3',
      '--prefix_projection',
    ];
    const bytes = async (...more: string[]) => {
      expect(await train(...own, ...more), terminal.said).toBe(0);
      return readFileSync(at('virtual/prompt_encoder.safetensors'));
    };
    const plain = await bytes('--no_gradient_checkpointing');
    expect((await bytes('--gradient_checkpointing')).equals(plain)).toBe(true);
  });

  test('a run goes on from an adapter whose encoder lies beside', async () => {
    const own = ['--peft_type', 'P_TUNING', '--num_virtual_tokens', '3'];
    own.push('--encoder_reparameterization_type', 'LSTM', '--encoder_hidden_size', '8');
    expect(await train(...own), terminal.said).toBe(0);
    const first = readFileSync(at('virtual/prompt_encoder.safetensors'));
    expect(await train('--adapter_name_or_path', at('virtual')), terminal.said).toBe(0);
    expect(readFileSync(at('virtual/prompt_encoder.safetensors')).equals(first)).toBe(false);
  });

  test('a text to start from gives the embeddings of its tokens', async () => {
    const name = 'prompt-text';
    const words = 'Answer the question briefly.';
    const model = await openModel(`${fixtures}/families/llama`);
    const own = {
      peftType: 'PROMPT_TUNING',
      numVirtualTokens: 10,
      promptTuningInit: 'TEXT',
      promptTuningInitText: words,
    } as const;
    const method = tuningMethod(own, model);
    const start = await method.initial(method.tensors[0]!.name, model.weights);
    const recorded = await open(`${folderOf(name)}/initial/adapter_model.safetensors`);
    expect([...start]).toEqual([...(await recorded.float32('prompt_embeddings'))]);
  });
});

describe('BitFit', () => {
  const rows = at('rows.jsonl');
  const train = (model: string, out: string, ...more: string[]) =>
    main([
      ...['sft', '--device', device, '--model_name_or_path', model, '--dataset_name', rows],
      ...['--output_dir', out, '--per_device_train_batch_size', '2', '--learning_rate', '1e-2'],
      ...['--save_strategy', 'no', '--max_steps', '2', ...more],
    ]);
  const plain = fileURLToPath(new URL('../../sft/fixtures/models/llama', import.meta.url));
  const written = (name: string) =>
    writeFileSync(rows, `${JSON.stringify({ text: name })}\n`.repeat(4));

  test('a model without biases is refused by name, unless it is given some', async () => {
    written('one two three');
    expect(await train(plain, at('none'), '--peft_type', 'BITFIT')).toBe(1);
    expect(terminal.said).toMatch(/has none.*add_biases: true.*\[nothing-to-train\]/s);
    expect(
      await train(plain, at('given'), '--peft_type', 'BITFIT', '--add_biases'),
      terminal.said,
    ).toBe(0);
    const config = JSON.parse(text(at('given/config.json')));
    expect(config).toMatchObject({ attention_bias: true, mlp_bias: true });
    expect((await open(at('given/bitfit.safetensors'))).names().length).toBe(14);
  });

  test('keys of a method that is not named are refused: all parameters would train unasked', async () => {
    written('one two three');
    expect(await train(plain, at('idle'), '--num_virtual_tokens', '4')).toBe(2);
    expect(terminal.said).toMatch(/num_virtual_tokens is 4, but no peft_type.*\[missing-key\]/s);
    terminal.said = '';
    expect(await train(plain, at('idle'), '--reduction_factor', '4')).toBe(2);
    expect(terminal.said).toMatch(/reduction_factor is 4, but no adapter_config.*\[missing-key\]/s);
  });

  test('biases lie over their base, go on training, and merge to the same model', async () => {
    written('one two three');
    expect(
      await train(plain, at('first'), '--peft_type', 'BITFIT', '--add_biases'),
      terminal.said,
    ).toBe(0);
    const adapter = ['--adapter_name_or_path', at('first')];
    expect(await train(plain, at('second'), ...adapter), terminal.said).toBe(0);
    const base = ['--model_name_or_path', plain];
    expect(
      await main(['merge', ...base, ...adapter, '--output_dir', at('merged')]),
      terminal.said,
    ).toBe(0);
    const [merged, whole] = [at('merged'), at('first')].map((folder) =>
      readFileSync(join(folder, 'model.safetensors')),
    );
    expect(merged!.equals(whole!)).toBe(true);
    writeFileSync(at('prompts.jsonl'), '{"prompt_ids": [5, 6, 7]}\n');
    const answer = async (...places: string[]) => {
      const files = ['--prompts', at('prompts.jsonl'), '--output', at('answers.jsonl')];
      const flags = ['--device', device, ...places, ...files, '--max_new_tokens', '8'];
      expect(await main(['generate', ...flags]), terminal.said).toBe(0);
      return text(at('answers.jsonl'));
    };
    expect(await answer(...base, ...adapter)).toBe(
      await answer('--model_name_or_path', at('first')),
    );
    expect(await answer(...base)).not.toBe(
      await answer(...base, '--adapter_name_or_path', at('second')),
    );
  });
});
