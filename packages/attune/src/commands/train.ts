import { type Config, choice, group, joinOtherKeys, type OtherKeys, text } from '@attune/config';
import type { DeviceChoice } from '@attune/gpu';
import { peftConfigOf, peftKeys, trlPeftKeys } from '@attune/peft';
import {
  type Algorithm,
  type AnyTrainer,
  dataConfig,
  formatDuration,
  modelConfig,
  Progress,
} from '@attune/trainer';
import type { Command, Context, Values } from '../command-line/command.ts';
import { dataFiles } from './data-files.ts';

/** The device of every command that computes. */
export const deviceConfig = group('Device', {
  device: choice(
    undefined,
    ['auto', 'gpu', 'lavapipe', 'swiftshader'],
    'WebGPU device that computes (without it: the environment variable ATTUNE_DEVICE, else auto).',
    { trl: false },
  ),
});

/** The flag that names a recipe. */
export const recipeConfig = group('Recipe', {
  config: text(undefined, 'Recipe: a YAML file of the keys below. Flags win over it.', {
    trl: false,
  }),
});

// biome-ignore lint/suspicious/noExplicitAny: an algorithm of any config and options
export type AnyAlgorithm = Algorithm<any, any>;

/** The keys of a recipe of an algorithm: which model and rows, the algorithm's own arguments, what trains. */
export const recipeKeys = ({ config, optionKeys = {}, peftDefaults }: AnyAlgorithm): Config => ({
  ...modelConfig,
  ...deviceConfig,
  ...dataConfig,
  ...optionKeys,
  ...config,
  ...peftKeys,
  ...(peftDefaults && {
    loraTaskType: {
      ...peftKeys.loraTaskType,
      default: (peftDefaults as { taskType?: string }).taskType,
    },
  }),
});

/** TRL's keys that a recipe of the algorithm may hold, and that are none here. */
export const recipeOtherKeys = ({ otherKeys }: AnyAlgorithm): OtherKeys =>
  joinOtherKeys(otherKeys, trlPeftKeys);

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
