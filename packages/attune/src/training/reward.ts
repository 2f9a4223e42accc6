import { type PreferenceExample, preferenceNotes, preparePreference } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { type OpenModel, scoreModel } from '@attune/model';
import { RewardTrainer } from '@attune/reward';
import type { Tokenizer } from '@attune/tokenizer';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { loadingLine, needPadding, tokenizerOf } from '../session.ts';
import { rewardArguments } from './arguments.ts';
import { type ChosenMethod, chooseMethod, onlyLora } from './method.ts';
import { runTrainer } from './run-trainer.ts';
import { type DataFiles, dataFiles } from './sources.ts';
import { splitData } from './split.ts';

/** Runs a recipe of a reward model on an opened model, and leaves the result in `output_dir`. */
export async function trainReward(
  values: Values,
  opened: OpenModel,
  context: Context,
): Promise<void> {
  const files = dataFiles(values);
  const tokenizer = tokenizerOf(opened);
  const padTokenId = needPadding(tokenizer);
  const model = scoreModel(opened, { seed: Number(values.seed), padTokenId });
  const chosen = onlyLora(await chooseMethod(values, model));
  checkHead(opened, chosen, context);
  const data = await readPairs(values, files, tokenizer, context);
  await runTrainer({
    values,
    context,
    model,
    chosen,
    evaluates: data.evaluation !== undefined,
    create: (gpu) =>
      RewardTrainer.create({
        gpu,
        config: model.config,
        weights: model.weights,
        method: chosen.method,
        ...(chosen.values && { values: chosen.values }),
        padTokenId,
        train: data.train,
        ...(data.evaluation && { evaluation: data.evaluation }),
        arguments: rewardArguments(values),
        progress: loadingLine(context.terminal),
      }),
  });
}

/** Training pairs and held-out ones; what happened to the rows is said. */
async function readPairs(
  values: Values,
  files: DataFiles,
  tokenizer: Tokenizer,
  { terminal, signal }: Context,
): Promise<{ train: PreferenceExample[]; evaluation?: PreferenceExample[] }> {
  const maxLength = values.max_length as number | null;
  const options = {
    trainer: 'reward' as const,
    maxLength,
    signal,
    onProgress: (rows: number) => terminal.progress(`Reading data: ${rows} rows`),
  };
  const split = await splitData(values, files);
  const train = await preparePreference(split.train, tokenizer, options);
  const held = split.evaluation && (await preparePreference(split.evaluation, tokenizer, options));
  terminal.settle();
  for (const note of preferenceNotes(train.report, tokenizer, maxLength)) terminal.note(note);
  const { rows, kept, tokens } = train.report;
  terminal.note(
    `Data: ${rows} rows, ${kept} pairs, ${tokens} tokens${held ? `; ${held.report.kept} pairs held out` : ''}.`,
  );
  return { train: train.examples, ...(held && { evaluation: held.examples }) };
}

/** A fresh head that nothing trains would be lost, and with it the reward model. */
function checkHead({ config }: OpenModel, { lora }: ChosenMethod, { terminal }: Context): void {
  if (!lora || lora.saved.includes('score.weight')) {
    if (config.head === 'lm') terminal.note('A score head stands in for the output layer.');
    return;
  }
  if (config.head === 'score') {
    terminal.note('The score head stays as it is: lora_task_type SEQ_CLS would train it too.');
    return;
  }
  throw new AttuneError(
    'missing-score-head',
    'The model has no score head, and the adapter would neither train nor save a new one.',
    'Set lora_task_type to SEQ_CLS, or name score in lora_modules_to_save.',
  );
}
