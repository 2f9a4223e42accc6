/** What the visitor chose. Kept with a checkpoint, so that a reloaded page can go on. */
export interface StudioSettings {
  readonly method: 'lora' | 'full';
  readonly rank: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly maxLength: number;
}

/** A model. */
export interface ModelChoice {
  /** A model of the hub: owner/name. */
  readonly hub: string;
  /** Files of a model. With neither: the embedded one. */
  readonly files: readonly File[];
}

export interface StudioWork extends ModelChoice {
  /** JSONL. */
  readonly rows: string;
  /** Asked before and after. */
  readonly prompts: readonly string[];
  readonly settings: StudioSettings;
}

/** A token as the page shows it, and whether it is trained. */
export type ShownToken = readonly [text: string, trained: boolean];

export interface Look {
  /** The first rows. */
  readonly examples: readonly (readonly ShownToken[])[];
  readonly report: {
    readonly rows: number;
    readonly tokens: number;
    readonly trainedTokens: number;
    readonly truncated: number;
    readonly dropped: number;
    readonly longest: number;
  };
  readonly memory: Readonly<Record<string, number>>;
  readonly trained: number;
  readonly total: number;
}

/** A line of metrics.jsonl, in TRL's words. */
export interface MetricsRow {
  readonly step: number;
  readonly loss: number;
  readonly grad_norm: number;
  readonly learning_rate: number;
}

export const rowOf = (step: {
  step: number;
  loss: number;
  gradNorm: number;
  learningRate: number;
}): MetricsRow => ({
  step: step.step,
  loss: step.loss,
  grad_norm: step.gradNorm,
  learning_rate: step.learningRate,
});

/** What a checkpoint says of itself. */
export interface SavedRun extends Omit<StudioWork, 'files'> {
  readonly model: string;
  readonly step: number;
  /** Every step so far, also those before an earlier pause. */
  readonly metrics: readonly MetricsRow[];
  readonly before: readonly string[];
}

export const defaults: StudioSettings = {
  method: 'lora',
  rank: 16,
  learningRate: 2e-3,
  steps: 100,
  batchSize: 8,
  maxLength: 128,
};

/** The same run for the command line, on this machine or with TRL. */
export function recipeOf({ settings }: StudioWork, model: string): string {
  const { method, rank, learningRate, steps, batchSize, maxLength } = settings;
  const lines = [
    '# Made in Attune Studio. npx attune sft --config recipe.yaml, or trl sft --config recipe.yaml',
    `model_name_or_path: ${model}`,
    'dataset_name: rows.jsonl',
    'output_dir: out',
    'seed: 42',
    `max_steps: ${steps}`,
    `max_length: ${maxLength}`,
    `per_device_train_batch_size: ${batchSize}`,
    `learning_rate: ${learningRate}`,
    'lr_scheduler_type: cosine',
    'warmup_steps: 5',
    'loss_type: nll',
    'gradient_checkpointing: false',
  ];
  if (method === 'lora') {
    lines.push('use_peft: true', `lora_r: ${rank}`, `lora_alpha: ${2 * rank}`, 'lora_dropout: 0.0');
    lines.push('lora_target_modules: all-linear');
  }
  return `${lines.join('\n')}\n`;
}
