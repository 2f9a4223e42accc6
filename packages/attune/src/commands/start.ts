import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareDataset } from '@attune/data';
import { Generator } from '@attune/model';
import { writeAdapter } from '@attune/peft';
import { SFTTrainer } from '@attune/sft';
import {
  expectedAnswer,
  type InstructionRow,
  instructionFiles,
  instructionRows,
  scoreAnswers,
  tinyModelFolder,
  tinyRecipe,
} from '@attune/tiny';
import type { Tokenizer } from '@attune/tokenizer';
import { diskFolder, Progress, sparkline, spokenSeconds } from '@attune/trainer';
import type { Command } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { readRecipe } from '../command-line/recipe.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { findModel, needPadding, openDevice, tokenizerOf } from '../session.ts';
import { sftArguments } from '../training/arguments.ts';
import { chooseMethod } from '../training/method.ts';

/** The recipe of the embedded model, over the defaults. */
async function tinyValues(): Promise<Values> {
  const values: Record<string, unknown> = {};
  for (const { name, default: value } of sftKeys) if (value !== undefined) values[name] = value;
  const recipe = await readRecipe(fileURLToPath(tinyRecipe()), sftKeys, ignoredKeys);
  return { ...values, ...recipe.values, model_name_or_path: fileURLToPath(tinyModelFolder()) };
}

/** Greedy answers to the held-out questions. */
async function answersOf(
  trainer: SFTTrainer,
  tokenizer: Tokenizer,
  rows: readonly InstructionRow[],
): Promise<string[]> {
  const generator = new Generator(trainer.executor, trainer.network, { batchSize: 16 });
  const prompts = rows.map(
    ({ messages }) => tokenizer.encodeChat(messages.slice(0, 1), { addGenerationPrompt: true }).ids,
  );
  const ends = [...tokenizer.eosTokenIds, tokenizer.tokenId('<|im_end|>')];
  const eosTokenIds = ends.filter((id) => id !== undefined);
  const made = await generator.generate(prompts, { maxNewTokens: 16, eosTokenIds });
  generator.destroy();
  return made.map(({ ids }) => tokenizer.decode(ids, { skipSpecialTokens: true }));
}

async function measure(
  when: string,
  trainer: SFTTrainer,
  tokenizer: Tokenizer,
  rows: readonly InstructionRow[],
  terminal: Terminal,
): Promise<number> {
  const { eval_loss } = await trainer.evaluate();
  const answers = await answersOf(trainer, tokenizer, rows);
  const { right, exactMatch } = scoreAnswers(rows, answers);
  terminal.out(
    `\n${when}: held-out loss ${eval_loss.toFixed(3)}, ${right} of ${rows.length} answers right (${Math.round(100 * exactMatch)} %)`,
  );
  for (const i of [0, 1, 2]) {
    const row = rows[i]!;
    terminal.out(`  ${row.messages[0].content}`);
    terminal.out(
      `    wanted: ${expectedAnswer(row)}\n    said:   ${answers[i]!.trim().split('\n')[0]}`,
    );
  }
  return exactMatch;
}

/** `attune start`: fine-tunes the embedded model with LoRA and shows it before and after. */
export const start: Command = {
  name: 'start',
  summary: 'Fine-tunes the embedded model with LoRA and shows it before and after: npm start.',
  example: 'attune start',
  options: [
    ...modelKeys.filter(({ name }) => name === 'device'),
    {
      name: 'output_dir',
      kind: 'text',
      default: join('out', 'start'),
      help: 'Where the adapter goes.',
      group: 'Files',
    },
    {
      name: 'max_steps',
      kind: 'integer',
      least: 1,
      help: "Optimizer steps. Default: the recipe's.",
      group: 'Training',
    },
  ],
  async run(given, { terminal, signal }) {
    const values: Values = {
      ...(await tinyValues()),
      ...(given.max_steps !== undefined && { max_steps: given.max_steps }),
    };
    const model = await findModel(values, terminal);
    const tokenizer = tokenizerOf(model);
    const { method, lora } = await chooseMethod(values, model);
    const options = {
      maxLength: Number(values.max_length),
      assistantOnlyLoss: values.assistant_only_loss === true,
    };
    const [train, evaluation] = await Promise.all(
      [instructionFiles.train, instructionFiles.test].map(async (file) => {
        const { examples } = await prepareDataset([fileURLToPath(file)], tokenizer, options);
        return examples;
      }),
    );
    const rows = await instructionRows('test');
    const gpu = await openDevice(given, terminal);
    const trainer = await SFTTrainer.create({
      gpu,
      config: model.config,
      weights: model.weights,
      method,
      padTokenId: needPadding(tokenizer),
      train: train!,
      evaluation: evaluation!,
      arguments: sftArguments(values),
    });
    terminal.out(
      `The embedded model learns to answer questions: LoRA, ${trainer.trainable.count.toLocaleString('en')} numbers train, ${train!.length} rows, ${trainer.totalSteps} steps.`,
    );
    const before = await measure('Before', trainer, tokenizer, rows, terminal);
    const progress = new Progress();
    const started = performance.now();
    for await (const report of trainer.steps()) {
      terminal.progress(progress.line(report));
      if (signal.aborted) break;
    }
    terminal.settle();
    const seconds = (performance.now() - started) / 1000;
    terminal.out(
      `\nTrained ${progress.losses.length} steps in ${spokenSeconds(seconds)}. Loss: ${sparkline(progress.losses)}`,
    );
    const after = await measure('After', trainer, tokenizer, rows, terminal);
    const output = String(given.output_dir);
    const folder = await diskFolder(output);
    const files = writeAdapter(lora!, await trainer.trained(), { baseModel: '@attune/tiny' });
    for (const [file, content] of files) await folder.write(file, content);
    trainer.destroy();
    gpu.destroy();
    terminal.out(
      `\nDone: ${Math.round(100 * before)} % right before, ${Math.round(100 * after)} % after. The adapter is in ${output}.`,
    );
  },
};
