import {
  type ArgsOf,
  choice,
  flag,
  group,
  integer,
  json,
  list,
  number,
  numbers,
  type OtherKeys,
  type SettingsOf,
} from '@attune/config';
import { notDone, peftOrigin } from '../settings.ts';

/** The keys of PEFT's LoraConfig that act here, with PEFT's defaults. */
export const loraConfig = group('LoRA', {
  r: integer(8, 'Rank of the update B·A that LoRA adds to each layer.', { min: 1, memory: true }),
  loraAlpha: number(
    8,
    'LoRA multiplies its update by lora_alpha / rank, with use_rslora by lora_alpha / √rank.',
    { above: 0 },
  ),
  loraDropout: number(0, 'Share of the inputs of LoRA that is dropped in training, below 1.', {
    min: 0,
    max: 1,
    memory: true,
  }),
  targetModules: json<string | readonly string[] | null>(
    null,
    "Layers that get LoRA: names or ends of module paths, one regular expression of Python for whole paths, or all-linear (every linear layer but the output layer). Default: PEFT's for the family, q_proj and v_proj.",
    { nullable: true, memory: true },
  ),
  excludeModules: json<string | readonly string[] | null>(
    null,
    'Layers that get no LoRA although target_modules names them: names, or one regular expression.',
    { nullable: true, memory: true },
  ),
  layersToTransform: json<number | readonly number[] | null>(
    null,
    'Numbers of the layers, from 0, whose target modules get LoRA. Default: all layers.',
    { nullable: true, memory: true },
  ),
  layersPattern: json<string | readonly string[] | null>(
    null,
    'Name of the list of layers that layers_to_transform counts in, such as layers. Default: any.',
    { nullable: true },
  ),
  modulesToSave: list(
    null,
    'Modules that train whole beside LoRA and are saved with it, by the ends of their names, such as lm_head.',
    { memory: true },
  ),
  taskType: choice(
    'CAUSAL_LM',
    ['CAUSAL_LM', 'SEQ_CLS'],
    'What LoRA is trained for: CAUSAL_LM, a language model, or SEQ_CLS, a reward model, whose score head then trains and is saved too.',
  ),
  useRslora: flag(
    false,
    'LoRA multiplies its update by lora_alpha / √rank in place of lora_alpha / rank (rsLoRA).',
  ),
  rankPattern: json<Readonly<Record<string, number>>>(
    {},
    'Other ranks of LoRA for some layers: {end of a path, or a regular expression: rank}.',
    { memory: true },
  ),
  alphaPattern: json<Readonly<Record<string, number>>>(
    {},
    'Other values of lora_alpha for some layers: {end of a path, or a regular expression: alpha}.',
  ),
  initLoraWeights: json<boolean | 'gaussian' | 'orthogonal'>(
    true,
    'How LoRA starts: true, A uniform and B zero; gaussian, A normal and B zero; false, both random, so that the first step begins with another model.',
  ),
  ensureWeightTying: flag(
    false,
    'Of a model whose output layer is its embedding table, modules_to_save trains both as one tensor; otherwise they part.',
  ),
});

/** PEFT's LoraConfig in camelCase: what a caller may give. */
export type LoraConfig = ArgsOf<typeof loraConfig>;
export type LoraSettings = SettingsOf<typeof loraConfig>;

/** TRL's flat keys for LoRA (ModelConfig), with TRL's defaults. */
export const trlLora = group('LoRA', {
  usePeft: flag(false, 'Trains a LoRA adapter in place of all parameters.', { memory: true }),
  loraR: { ...loraConfig.r, default: 16 },
  loraAlpha: { ...loraConfig.loraAlpha, default: 32 },
  loraDropout: { ...loraConfig.loraDropout, default: 0.05 },
  loraTargetModules: list(null, loraConfig.targetModules.help, { memory: true }),
  loraModulesToSave: loraConfig.modulesToSave,
  loraTaskType: loraConfig.taskType,
  useRslora: loraConfig.useRslora,
});

/** Keys that are one of several forms in PEFT, as words of a recipe. */
export const flatLora = {
  targetModules: list(null, loraConfig.targetModules.help, { memory: true }),
  excludeModules: list(null, loraConfig.excludeModules.help, { memory: true }),
  layersPattern: list(null, loraConfig.layersPattern.help),
  layersToTransform: numbers(null, loraConfig.layersToTransform.help, {
    min: 0,
    memory: true,
  }),
  initLoraWeights: choice(null, ['true', 'false', 'gaussian'], loraConfig.initLoraWeights.help),
};

/** The key of TRL that stands for each key of LoraConfig. */
export const trlNames = {
  r: 'loraR',
  loraAlpha: 'loraAlpha',
  loraDropout: 'loraDropout',
  targetModules: 'loraTargetModules',
  modulesToSave: 'loraModulesToSave',
  taskType: 'loraTaskType',
  useRslora: 'useRslora',
} as const satisfies Partial<Record<keyof typeof loraConfig, keyof typeof trlLora>>;

const mergeThere =
  'Merge the adapter in PEFT (merge_and_unload, save_pretrained) and use the merged model, or train it without that key.';
const variant = (what: string) => notDone(null, `${what} is not computed here`, mergeThere);

/** The other keys of PEFT 0.21's LoraConfig, with PEFT's defaults. */
export const loraOther: OtherKeys = {
  withoutEffect: {
    ...peftOrigin,
    // PEFT corrects it by the kind of layer that it finds.
    fan_in_fan_out: false,
    megatron_core: 'megatron.core',
    qalora_group_size: 16,
    runtime_config: null,
  },
  notDone: {
    bias: notDone(
      'none',
      'biases do not train beside LoRA here',
      'Train with bias none (PEFT itself does not save the biases of lora_only), or tune by BITFIT.',
    ),
    use_dora: notDone(false, 'DoRA is not computed here', mergeThere),
    lora_bias: notDone(false, 'a bias on B is not computed here', mergeThere),
    use_qalora: notDone(false, 'QALoRA is not computed here', mergeThere),
    use_bdlora: variant('BD-LoRA'),
    alora_invocation_tokens: variant('aLoRA, which acts from its invocation tokens on only,'),
    arrow_config: variant('Arrow routing'),
    corda_config: variant('CorDA'),
    eva_config: variant('EVA'),
    kasa_config: variant('KaSA'),
    layer_replication: variant('a model whose layers stand several times'),
    loftq_config: notDone(
      {},
      'LoftQ, which quantises the base weights, is not done here',
      mergeThere,
    ),
    lora_ga_config: variant('LoRA-GA, which changes the base weights,'),
    megatron_config: variant('LoRA on layers of Megatron'),
    monteclora_config: variant('MonteCLoRA'),
    target_parameters: variant('LoRA on parameters that are no linear layers'),
    trainable_token_indices: notDone(
      null,
      'training of single rows of the embedding is not done here',
      'Train the whole table by modules_to_save: [embed_tokens], or merge the adapter in PEFT.',
    ),
    velora_config: variant('VeLoRA'),
  },
};
