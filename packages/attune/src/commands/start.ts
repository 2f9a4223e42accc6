import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareDataset } from '@attune/data';
import { Generator, openModel } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { SFTTrainer } from '@attune/sft';
import {
  expectedAnswer,
  instructionFiles,
  instructionRows,
  scoreAnswers,
  tinyModelFolder,
  tinyRecipe,
} from '@attune/tiny';
import type { Tokenizer } from '@attune/tokenizer';
import { Progress, spokenSeconds } from '@attune/trainer';
import type { Command, Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { readRecipe } from '../command-line/recipe.ts';
import { writeWhole } from '../files.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { writeTokenizer } from '../model-folder.ts';
import { needPadding, openDevice, tokenizerOf } from '../session.ts';
import { datasetOptions, sftArguments } from '../training/arguments.ts';
import { chooseMethod } from '../training/method.ts';

export const start: Command = {
  name: 'start',
  summary: 'Fine-tunes the embedded model with LoRA, and shows what changed.',
  description: 'What npm start runs: samples and score before, training, samples and score after.',
  example: 'attune start --output_dir my-adapter',
  options: [
    ...modelKeys.filter(({ name }) => name === 'device'),
    { name: 'output_dir', kind: 'text', default: 'out/start', help: 'Where the adapter goes.' },
    { name: 'max_steps', kind: 'integer', least: 1, help: "Steps. Default: the recipe's." },
  ],
  async run(values, context) {
    const { terminal } = context;
    const began = performance.now();
    const defaults = Object.fromEntries(
      sftKeys.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
    );
    const recipe = await readRecipe(fileURLToPath(tinyRecipe()), sftKeys, ignoredKeys);
    const settings: Values = { ...defaults, ...recipe.values, ...values };
    const model = await openModel(fileURLToPath(tinyModelFolder()));
    const tokenizer = tokenizerOf(model);
    const gpu = await openDevice(values, terminal);
    terminal.out(
      `Computes on: ${gpu.adapter.description || gpu.adapter.vendor || 'an unnamed adapter'}`,
    );
    const { method, lora } = await chooseMethod(settings, model);
    const options = datasetOptions(settings);
    const train = await prepareDataset([fileURLToPath(instructionFiles.train)], tokenizer, options);
    const held = await prepareDataset([fileURLToPath(instructionFiles.test)], tokenizer, options);
    const trainer = await SFTTrainer.create({
      gpu,
      config: model.config,
      weights: model.weights,
      method,
      padTokenId: needPadding(tokenizer),
      train: train.examples,
      evaluation: held.examples,
      arguments: sftArguments(settings),
    });
    await tell(trainer, tokenizer, context);
    terminal.out(`\nBefore:`);
    const before = await measure(trainer, tokenizer, context);
    terminal.out(
      `\nLoRA on ${train.examples.length} rows, ${trainer.totalSteps} steps, ${trainer.trainable.count} trained numbers:`,
    );
    const progress = new Progress();
    for await (const report of trainer.steps()) {
      terminal.progress(progress.line(report));
      if (context.signal.aborted) break;
    }
    terminal.settle();
    terminal.out(`\nAfter:`);
    const after = await measure(trainer, tokenizer, context);
    const out = String(values.output_dir);
    await mkdir(out, { recursive: true });
    const baseModel = fileURLToPath(tinyModelFolder());
    for (const [name, bytes] of writeAdapter(lora!, await trainer.trained(), { baseModel })) {
      await writeWhole(join(out, name), bytes);
    }
    await writeTokenizer(out, model);
    trainer.destroy();
    gpu.destroy();
    terminal.out(
      `\nHeld-out loss ${before.loss.toFixed(3)} → ${after.loss.toFixed(3)}, exact answers ${before.right} → ${after.right} of ${after.rows}.`,
    );
    terminal.out(
      `Done in ${spokenSeconds((performance.now() - began) / 1000)}. The adapter is in ${out}: attune generate --model_name_or_path ${baseModel} --adapter_name_or_path ${out}`,
    );
  },
};

/** A story by the model as it was pretrained. */
async function tell(trainer: SFTTrainer, tokenizer: Tokenizer, { terminal }: Context) {
  const start = 'Once upon a time, there was a little girl named Mia.';
  const generator = new Generator(trainer.executor, trainer.network, { capacity: 160 });
  const [story] = await generator.generate([tokenizer.encode(start)], {
    maxNewTokens: 110,
    temperature: 0.7,
    seed: 1,
    eosTokenIds: tokenizer.eosTokenIds,
  });
  generator.destroy();
  const text = tokenizer.decode(story!.ids, { skipSpecialTokens: true });
  terminal.out(`\nThe embedded model, pretrained with Attune, tells a story:\n${start}${text}`);
}

/** Held-out loss, exact answers, and a few of them to read. */
async function measure(trainer: SFTTrainer, tokenizer: Tokenizer, { terminal, signal }: Context) {
  const { eval_loss: loss } = await trainer.evaluate();
  const rows = await instructionRows('test');
  const prompts = rows.map(({ prompt }) => tokenizer.encode(prompt));
  const generator = new Generator(trainer.executor, trainer.network, {
    batchSize: 16,
    capacity: 128,
  });
  const answers = await generator.generate(prompts, {
    maxNewTokens: 16,
    eosTokenIds: tokenizer.eosTokenIds,
    ...(!signal.aborted && { signal }),
  });
  generator.destroy();
  const texts = answers.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }).trim());
  const { right } = scoreAnswers(rows, texts);
  for (const i of [0, 1, 2]) {
    terminal.out(`  ${rows[i]!.prompt.replaceAll('\n', ' ')}`);
    terminal.out(`    ${JSON.stringify(texts[i])}  (right: ${expectedAnswer(rows[i]!)})`);
  }
  terminal.out(`  held-out loss ${loss.toFixed(3)}, exact answers ${right} of ${rows.length}`);
  return { loss, right, rows: rows.length };
}
