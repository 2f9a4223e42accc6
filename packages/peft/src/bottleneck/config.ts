import { badPeftConfig } from '../checks.ts';

/** Where a bottleneck adapter sits and what it is made of: AdapterHub's BnConfig, in camelCase. */
export interface BottleneckConfig {
  /** After attention. */
  readonly mhAdapter: boolean;
  /** After the feed-forward layer. */
  readonly outputAdapter: boolean;
  /** The model's width over that of the bottleneck. */
  readonly reductionFactor: number;
  readonly nonLinearity: NonLinearity;
  /** It reads the stream with the layer's output added; false: the output alone. */
  readonly originalLnBefore: boolean;
  /** It reads what the layer reads (the stream before its norm), and stands beside the layer. */
  readonly isParallel: boolean;
  /** Multiplies what it adds. */
  readonly scaling: number;
  /** A layer norm of its own, before and after it. */
  readonly lnBefore: boolean;
  readonly lnAfter: boolean;
  /** The norm after it is of the layer's output with what it adds, not of that alone. */
  readonly adapterResidualBeforeLn: boolean;
  readonly initWeights: 'bert' | 'mam_adapter' | 'houlsby';
  /** Layers of the model that get none. */
  readonly leaveOut: readonly number[];
}

export const nonLinearities = ['relu', 'swish', 'silu', 'gelu', 'gelu_new', 'tanh'] as const;
export type NonLinearity = (typeof nonLinearities)[number];

const shared = {
  outputAdapter: true,
  isParallel: false,
  scaling: 1,
  lnBefore: false,
  lnAfter: false,
  adapterResidualBeforeLn: false,
  initWeights: 'bert',
  leaveOut: [],
} as const;

/** AdapterHub's three placements. */
export const bottleneckPresets = {
  /** Houlsby et al. 2019. */
  double_seq_bn: {
    ...shared,
    mhAdapter: true,
    reductionFactor: 16,
    nonLinearity: 'swish',
    originalLnBefore: false,
  },
  /** Pfeiffer et al. 2020. */
  seq_bn: {
    ...shared,
    mhAdapter: false,
    reductionFactor: 16,
    nonLinearity: 'relu',
    originalLnBefore: true,
  },
  /** He et al. 2021. */
  par_bn: {
    ...shared,
    mhAdapter: false,
    reductionFactor: 2,
    nonLinearity: 'relu',
    originalLnBefore: false,
    isParallel: true,
    scaling: 4,
    initWeights: 'mam_adapter',
  },
} as const satisfies Record<string, BottleneckConfig>;

export type BottleneckPreset = keyof typeof bottleneckPresets;

/** What AdapterHub can and is not computed here, with the value that it must have. */
const fixed = {
  cross_adapter: false,
  dropout: 0,
  inv_adapter: null,
  inv_adapter_reduction_factor: null,
  original_ln_after: true,
  phm_layer: false,
  residual_before_ln: true,
  stochastic_depth: 0,
  use_gating: false,
};

/** Keys of AdapterHub's file that are without effect while `phm_layer` is false. */
const idle = {
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
};

/** @throws AttuneError `bad-peft-config` */
export function checkBottleneck(config: BottleneckConfig): BottleneckConfig {
  const { reductionFactor, nonLinearity, scaling, initWeights, leaveOut } = config;
  if (!(typeof reductionFactor === 'number' && reductionFactor > 0)) {
    throw badPeftConfig('reduction_factor', reductionFactor, 'a number above 0');
  }
  if (!nonLinearities.includes(nonLinearity)) {
    throw badPeftConfig('non_linearity', nonLinearity, `one of ${nonLinearities.join(', ')}`);
  }
  if (!(typeof scaling === 'number' && Number.isFinite(scaling))) {
    throw badPeftConfig('scaling', scaling, 'a number');
  }
  if (!['bert', 'mam_adapter', 'houlsby'].includes(initWeights)) {
    throw badPeftConfig('init_weights', initWeights, 'one of bert, mam_adapter, houlsby');
  }
  if (!(Array.isArray(leaveOut) && leaveOut.every((layer) => Number.isInteger(layer)))) {
    throw badPeftConfig('leave_out', leaveOut, 'a list of layer numbers');
  }
  if (!config.mhAdapter && !config.outputAdapter) {
    throw badPeftConfig('output_adapter', false, 'true where mh_adapter is false');
  }
  return config;
}

/** A configuration from the `config` of AdapterHub's file. @throws AttuneError `bad-peft-config` */
export function bottleneckFromJson(json: Readonly<Record<string, unknown>>): BottleneckConfig {
  for (const [key, wanted] of Object.entries(fixed)) {
    const have = json[key];
    if (have !== undefined && have !== wanted) throw badPeftConfig(key, have, `${wanted} here`);
  }
  const flag = (key: string, fallback: boolean) => {
    const value = json[key] ?? fallback;
    if (typeof value !== 'boolean') throw badPeftConfig(key, value, 'true or false');
    return value;
  };
  return checkBottleneck({
    mhAdapter: flag('mh_adapter', false),
    outputAdapter: flag('output_adapter', true),
    reductionFactor: json.reduction_factor as number,
    nonLinearity: json.non_linearity as NonLinearity,
    originalLnBefore: flag('original_ln_before', false),
    isParallel: flag('is_parallel', false),
    scaling: (json.scaling ?? 1) as number,
    lnBefore: flag('ln_before', false),
    lnAfter: flag('ln_after', false),
    adapterResidualBeforeLn: flag('adapter_residual_before_ln', false),
    initWeights: (json.init_weights ?? 'bert') as 'bert',
    leaveOut: (json.leave_out ?? []) as number[],
  });
}

/** The `config` of AdapterHub's file. */
export function bottleneckJson(config: BottleneckConfig): Record<string, unknown> {
  return {
    ...idle,
    ...fixed,
    adapter_residual_before_ln: config.adapterResidualBeforeLn,
    init_weights: config.initWeights,
    is_parallel: config.isParallel,
    leave_out: config.leaveOut,
    ln_after: config.lnAfter,
    ln_before: config.lnBefore,
    mh_adapter: config.mhAdapter,
    non_linearity: config.nonLinearity,
    original_ln_before: config.originalLnBefore,
    output_adapter: config.outputAdapter,
    reduction_factor: config.reductionFactor,
    scaling: config.scaling,
  };
}
