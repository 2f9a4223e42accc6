import type { SFTArguments, SFTLoss } from '@attune/sft';
import type { RunSchedule } from '@attune/trainer';
import type { Values } from '../command-line/option.ts';

/** The recipe's keys as SFTTrainer takes them. */
export function sftArguments(values: Values): SFTArguments {
  const number = (key: string) => Number(values[key]);
  return {
    seed: number('seed'),
    dataSeed: values.data_seed == null ? null : number('data_seed'),
    learningRate: number('learning_rate'),
    lrSchedulerType: values.lr_scheduler_type as SFTArguments['lrSchedulerType'],
    ...(values.lr_scheduler_kwargs != null && {
      lrSchedulerKwargs: values.lr_scheduler_kwargs as NonNullable<SFTArguments['lrSchedulerKwargs']>,
    }),
    warmupSteps: number('warmup_steps'),
    maxSteps: number('max_steps'),
    numTrainEpochs: number('num_train_epochs'),
    gradientAccumulationSteps: number('gradient_accumulation_steps'),
    maxGradNorm: number('max_grad_norm'),
    weightDecay: number('weight_decay'),
    adamBeta1: number('adam_beta1'),
    adamBeta2: number('adam_beta2'),
    adamEpsilon: number('adam_epsilon'),
    perDeviceTrainBatchSize: number('per_device_train_batch_size'),
    perDeviceEvalBatchSize: number('per_device_eval_batch_size'),
    trainSamplingStrategy: values.train_sampling_strategy as 'random' | 'sequential',
    dataloaderDropLast: values.dataloader_drop_last === true,
    gradientCheckpointing: values.gradient_checkpointing === true,
    lossType: values.loss_type as SFTLoss,
  };
}

/** When the run logs, evaluates and saves. */
export function runSchedule(values: Values): RunSchedule {
  const when = (key: string) => values[key] as 'no' | 'steps' | 'epoch';
  return {
    loggingSteps: Number(values.logging_steps),
    loggingFirstStep: values.logging_first_step === true,
    evalStrategy: when('eval_strategy'),
    evalSteps: values.eval_steps == null ? null : Number(values.eval_steps),
    saveStrategy: when('save_strategy'),
    saveSteps: Number(values.save_steps),
  };
}
