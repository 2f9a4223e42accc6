import { AttuneError, type Gpu } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import {
  type GRPOArguments,
  GRPOTrainer,
  type PolicyArguments,
  type PolicyTrainerOptions,
  type RLOOArguments,
  RLOOTrainer,
  type RolloutSource,
  type SamplingPolicy,
} from '@attune/policy';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { loadingLine, needPadding, tokenizerOf } from '../session.ts';
import { grpoArguments, rlooArguments } from './arguments.ts';
import { chooseMethod, onlyLora } from './method.ts';
import { recorded } from './recording.ts';
import { type RunnableTrainer, runTrainer } from './run-trainer.ts';
import { sampling } from './sampling.ts';

/** Runs a recipe of GRPO on an opened model, and leaves the result in `output_dir`. */
export function trainGrpo(values: Values, model: OpenModel, context: Context): Promise<void> {
  return train<GRPOArguments>(values, model, context, grpoArguments(values), (options) =>
    GRPOTrainer.create(options),
  );
}

/** Runs a recipe of RLOO. */
export function trainRloo(values: Values, model: OpenModel, context: Context): Promise<void> {
  return train<RLOOArguments>(values, model, context, rlooArguments(values), (options) =>
    RLOOTrainer.create(options),
  );
}

/** Rollouts of training and of held-out prompts, made once the device is there. */
export interface RolloutSources {
  readonly train: (gpu: Gpu) => Promise<(policy: SamplingPolicy) => RolloutSource>;
  readonly held?: (gpu: Gpu) => Promise<(policy: SamplingPolicy) => RolloutSource>;
  /** Steps that a recording holds. */
  readonly steps?: number;
}

async function train<A extends PolicyArguments>(
  values: Values,
  model: OpenModel,
  context: Context,
  args: A,
  create: (options: PolicyTrainerOptions<A>) => Promise<RunnableTrainer>,
): Promise<void> {
  const chosen = onlyLora(await chooseMethod(values, model));
  const tokenizer = tokenizerOf(model);
  const padTokenId = needPadding(tokenizer);
  const sources =
    values.rollouts === undefined
      ? await sampling(values, args, tokenizer, context)
      : await recorded(values, args, model, context);
  const steps = sources.steps ?? 0;
  const maxSteps = args.maxSteps > 0 ? args.maxSteps : steps || args.maxSteps;
  if (steps > 0 && maxSteps > steps) {
    throw new AttuneError(
      'rollouts-exhausted',
      `The recording is enough for ${steps} steps, and max_steps is ${maxSteps}.`,
      'Lower max_steps, or record more.',
    );
  }
  await runTrainer({
    values,
    context,
    model,
    chosen,
    evaluates: sources.held !== undefined,
    async create(gpu) {
      return create({
        gpu,
        config: model.config,
        weights: model.weights,
        method: chosen.method,
        ...(chosen.values && { values: chosen.values }),
        padTokenId,
        eosTokenIds: tokenizer.eosTokenIds,
        rollouts: await sources.train(gpu),
        ...(sources.held && { evaluation: await sources.held(gpu) }),
        arguments: { ...args, maxSteps },
        progress: loadingLine(context.terminal),
      });
    },
  });
}
