import {
  type ArgsOf,
  choice,
  flag,
  group,
  number,
  numbers,
  type OtherKeys,
  type SettingsOf,
  text,
} from '@attune/config';
import { notDone, peftOrigin } from '../settings.ts';

export const nonLinearities = ['relu', 'swish', 'silu', 'gelu', 'gelu_new', 'tanh'] as const;
export type NonLinearity = (typeof nonLinearities)[number];

/** AdapterHub's three placements: what they set of the keys. */
export const bottleneckPresets = {
  /** Houlsby et al. 2019. */
  double_seq_bn: {
    mhAdapter: true,
    outputAdapter: true,
    reductionFactor: 16,
    nonLinearity: 'swish',
  },
  /** Pfeiffer et al. 2020. */
  seq_bn: {
    mhAdapter: false,
    outputAdapter: true,
    reductionFactor: 16,
    nonLinearity: 'relu',
    originalLnBefore: true,
  },
  /** He et al. 2021. */
  par_bn: {
    mhAdapter: false,
    outputAdapter: true,
    reductionFactor: 2,
    nonLinearity: 'relu',
    isParallel: true,
    scaling: 4,
    initWeights: 'mam_adapter',
  },
} as const;

export type BottleneckPreset = keyof typeof bottleneckPresets;
const presets = Object.keys(bottleneckPresets) as BottleneckPreset[];

const sized = { memory: true } as const;

/** The keys of AdapterHub's BnConfig that act here, with its defaults; `adapterConfig` is one of its presets. */
export const bottleneckConfig = group('Bottleneck adapters', {
  adapterConfig: choice(
    null,
    presets,
    "Bottleneck adapters by AdapterHub's name of their placement: double_seq_bn (Houlsby), seq_bn (Pfeiffer) or par_bn (parallel).",
    sized,
  ),
  adapterName: text('attune', 'Bottleneck adapters: their name in the files.'),
  mhAdapter: flag(undefined, 'Bottleneck adapters: one stands after attention.', sized),
  outputAdapter: flag(
    undefined,
    'Bottleneck adapters: one stands after the feed-forward layer.',
    sized,
  ),
  reductionFactor: number(
    undefined,
    "Bottleneck adapters: the model's width over that of the bottleneck.",
    { above: 0, ...sized },
  ),
  nonLinearity: choice(undefined, nonLinearities, 'Bottleneck adapters: the function inside.'),
  originalLnBefore: flag(
    false,
    "Bottleneck adapters read the stream with the layer's output added, not the output alone.",
  ),
  isParallel: flag(false, 'Bottleneck adapters stand beside the layer and read what it reads.'),
  scaling: number(1, 'Bottleneck adapters: what multiplies that which they add.'),
  lnBefore: flag(false, 'Bottleneck adapters: a layer norm of their own before them.', sized),
  lnAfter: flag(false, 'Bottleneck adapters: a layer norm of their own after them.', sized),
  adapterResidualBeforeLn: flag(
    false,
    "Bottleneck adapters with ln_after: the norm is of the layer's output with what they add, not of that alone.",
  ),
  initWeights: choice(
    'bert',
    ['bert', 'mam_adapter', 'houlsby'],
    'Bottleneck adapters: how their matrices are drawn.',
  ),
  leaveOut: numbers([], 'Bottleneck adapters: numbers of the layers, from 0, that get none.', {
    min: 0,
    ...sized,
  }),
});

/** AdapterHub's BnConfig in camelCase: what a caller may give. */
export type BottleneckConfig = ArgsOf<typeof bottleneckConfig>;
export type BottleneckSettings = SettingsOf<typeof bottleneckConfig>;

const unlike = (standard: unknown) =>
  notDone(
    standard,
    'that is not computed here',
    "Use such an adapter in AdapterHub, or train one with the key at AdapterHub's default.",
  );

/** The other keys of BnConfig: what must be at its default, and what has no effect while phm_layer is false. */
export const bottleneckOther: OtherKeys = {
  withoutEffect: {
    ...peftOrigin,
    architecture: null,
    factorized_phm_W: true,
    factorized_phm_rule: false,
    hypercomplex_nonlinearity: 'glorot-uniform',
    init_weights_seed: null,
    learn_phm: true,
    phm_bias: true,
    phm_c_init: 'normal',
    phm_dim: 4,
    phm_init_range: 0.0001,
    phm_rank: 1,
    shared_W_phm: false,
    shared_phm_rule: true,
  },
  notDone: {
    cross_adapter: unlike(false),
    dropout: unlike(0),
    inv_adapter: unlike(null),
    inv_adapter_reduction_factor: unlike(null),
    original_ln_after: unlike(true),
    phm_layer: unlike(false),
    residual_before_ln: unlike(true),
    stochastic_depth: unlike(0),
    use_gating: unlike(false),
    task_type: notDone(
      'CAUSAL_LM',
      'bottleneck adapters train language models here',
      'Leave task_type out, or tune a reward model by LORA.',
    ),
  },
};
