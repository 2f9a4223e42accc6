import { choice, group, integer } from '@attune/config';
import {
  findModel,
  type PreviewRow,
  planningGpu,
  planningModel,
  tokenizerOf,
} from '@attune/trainer';
import { algorithms } from '../algorithms.ts';
import type { Command } from '../command-line/command.ts';
import { peek } from '../command-line/parse.ts';
import { paint, type Terminal } from '../command-line/terminal.ts';
import { type AnyAlgorithm, recipeConfig, recipeKeys, recipeOtherKeys } from '../recipe-keys.ts';
import { trainerOptions } from './train.ts';

const names = algorithms.map(({ name }) => name) as [string, ...string[]];

/** The algorithm whose recipe is looked at: that of `--command`, else SFT. */
const chosen = (name = 'sft'): AnyAlgorithm =>
  algorithms.find((algorithm) => algorithm.name === name) ?? chosen();

export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows rows as the model sees them, which tokens train, and the memory of a step.',
  description:
    'Takes the keys of the command that the recipe is for. Needs no GPU: the memory estimate is that of the plan. Trained tokens are green, or in [brackets] where there are no colours.',
  example: `attune inspect --config recipe.yaml --rows 3
attune inspect --command dpo --config recipe.yaml`,
  keys: (words) => ({
    ...recipeConfig,
    ...group('Recipe', {
      command: choice('sft', names, 'Command that the recipe is for.', { trl: false }),
      rows: integer(2, 'Rows to show.', { min: 0, trl: false }),
    }),
    ...recipeKeys(chosen(peek(words, 'command'))),
  }),
  otherKeys: recipeOtherKeys(chosen()),
  required: ['modelNameOrPath'],
  async run(values, context) {
    const { terminal } = context;
    const algorithm = chosen(String(values.command));
    const { args, ...options } = trainerOptions(algorithm, values, context);
    const opened = await findModel(options.model, options);
    const trainer = await algorithm.create({
      ...options,
      model: planningModel(opened),
      tokenizer: tokenizerOf(opened),
      gpu: planningGpu(),
      // Nothing is computed and nothing is written here.
      args: without(args, ['outputDir', 'precomputeRefLogProbs', 'resumeFromCheckpoint']),
      log: (line: string) => terminal.out(line),
    });
    terminal.settle();
    const count = Number(values.rows);
    const rows = await trainer.preview(Math.max(count, 1));
    if (count > 0) showRows(rows, trainer.tokenizer, terminal);
    terminal.out(
      `\nMemory of a step with the longest batch (${trainer.trainable.count} numbers train):`,
    );
    terminal.out(await trainer.printMemory());
    trainer.destroy();
  },
};

function without(values: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

type Texts = Pick<ReturnType<typeof tokenizerOf>, 'tokenText' | 'decode'>;

function showRows(rows: readonly PreviewRow[], tokenizer: Texts, terminal: Terminal): void {
  const kinds = new Set(rows.map(({ kind }) => kind)).size;
  for (const [i, { kind, ids, predicted }] of rows.entries()) {
    const trained = predicted.filter(Boolean).length;
    const number = Math.floor(i / kinds) + 1;
    const title = `Row ${number}${kind ? ` (${kind})` : ''}: ${ids.length} tokens, ${trained} trained`;
    terminal.out(paint(terminal, 'bold', title));
    const text = (id: number) =>
      tokenizer.tokenText(id) === undefined ? `<${id}>` : tokenizer.decode([id]);
    terminal.out([...ids].map((id, t) => token(terminal, text(id), predicted[t]!)).join(''));
  }
}

function token(terminal: Terminal, text: string, trained: boolean): string {
  if (!trained) return paint(terminal, 'dim', text);
  return terminal.colour ? paint(terminal, 'green', text) : `[${text}]`;
}
