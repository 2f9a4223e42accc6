import type { Config } from '@attune/config';
import type { DeviceChoice } from '@attune/gpu';
import { peftConfigOf } from '@attune/peft';
import { type AnyTrainer, formatDuration, Progress } from '@attune/trainer';
import type { Command, Context, Values } from '../command-line/command.ts';
import { type AnyAlgorithm, recipeConfig, recipeKeys, recipeOtherKeys } from '../recipe-keys.ts';
import { dataFiles } from './data-files.ts';

/** What a trainer is made from, as a recipe says. */
export function trainerOptions(
  algorithm: AnyAlgorithm,
  values: Values,
  { terminal, signal }: Context,
) {
  const { config, optionKeys = {}, needsData = () => true } = algorithm;
  const own = (keys: Config) =>
    Object.fromEntries(
      Object.keys(keys)
        .filter((name) => values[name] !== undefined)
        .map((name) => [name, values[name]]),
    );
  const options = own(optionKeys);
  const files = dataFiles(values, { needed: needsData(options) });
  return {
    model: String(values.modelNameOrPath),
    revision: String(values.modelRevision),
    ...(values.adapterNameOrPath !== undefined && { adapter: String(values.adapterNameOrPath) }),
    ...files,
    datasetTrainSplit: String(values.datasetTrainSplit),
    datasetTestSplit: String(values.datasetTestSplit),
    testSplitSize: values.testSplitSize as number | null,
    peftConfig: peftConfigOf(values),
    ...options,
    args: own(config),
    ...(values.device !== undefined && { device: values.device as DeviceChoice }),
    signal,
    log: (line: string) => terminal.note(line),
    progress: (line: string) => terminal.progress(line),
  };
}

/** The command of an algorithm: `attune dpo` for `dpo`. */
export function trainCommand(algorithm: AnyAlgorithm): Command {
  const { name, summary, description, example } = algorithm;
  return {
    name,
    summary,
    description,
    example,
    keys: { ...recipeConfig, ...recipeKeys(algorithm) },
    otherKeys: recipeOtherKeys(algorithm),
    required: ['modelNameOrPath', 'outputDir'],
    async run(values, context) {
      const { terminal, verbose } = context;
      const progress = new Progress();
      const trainer: AnyTrainer = await algorithm.create({
        ...trainerOptions(algorithm, values, context),
        ...(verbose && {
          onSample: (generation: number, [first]: readonly string[]) =>
            terminal.note(`Generation batch ${generation}, first completion: ${first}`),
        }),
        callbacks: {
          onStep: (report: Parameters<Progress['line']>[0]) =>
            terminal.progress(progress.line(report)),
          onLog: ({ eval_loss, step }: Readonly<Record<string, number>>) => {
            if (eval_loss !== undefined) {
              terminal.note(`step ${step}: eval_loss ${eval_loss.toFixed(4)}`);
            }
          },
        },
      });
      terminal.settle();
      try {
        await train(trainer, String(values.outputDir), context);
      } finally {
        terminal.settle();
        trainer.destroy();
      }
    },
  };
}

async function train(
  trainer: AnyTrainer,
  out: string,
  { terminal, verbose }: Context,
): Promise<void> {
  if (verbose) terminal.note(`Memory for the longest batch:\n${await trainer.printMemory()}`);
  let step = 0;
  for await (const report of trainer.train()) step = report.step;
  terminal.settle();
  const { stopped, steps, tokens, trainLoss, seconds } = trainer.result!;
  if (stopped) {
    terminal.out(
      `Stopped after step ${step} of ${trainer.totalSteps}. Go on with --resume_from_checkpoint ${trainer.checkpoint}`,
    );
    return;
  }
  await trainer.saveModel();
  terminal.out(
    `Done: ${steps} steps, ${tokens} tokens, mean loss ${trainLoss.toFixed(4)}, in ${formatDuration(seconds)}. ${trainer.leaves === 'model' ? 'Model' : 'Adapter'}: ${out}`,
  );
}
