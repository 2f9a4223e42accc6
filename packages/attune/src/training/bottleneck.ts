import type { ModelConfig } from '@attune/model';
import {
  type BottleneckConfig,
  type BottleneckPreset,
  bottleneckPresets,
  bottleneckTuning,
  type TuningMethod,
} from '@attune/peft';
import type { Values } from '../command-line/option.ts';
import { numbers } from './arguments.ts';

/** Bottleneck adapters as the recipe wants them: AdapterHub's preset, with the keys that are given. */
export function newBottleneck(
  preset: BottleneckPreset,
  values: Values,
  model: ModelConfig,
): TuningMethod {
  const given: Partial<Record<keyof BottleneckConfig, unknown>> = {
    reductionFactor: values.reduction_factor,
    nonLinearity: values.non_linearity,
    scaling: values.scaling,
    lnBefore: values.ln_before,
    lnAfter: values.ln_after,
    initWeights: values.init_weights,
    leaveOut: numbers(values, 'leave_out'),
  };
  const own = Object.entries(given).filter(([, value]) => value != null);
  const config = { ...bottleneckPresets[preset], ...Object.fromEntries(own) } as BottleneckConfig;
  const name = String(values.adapter_name ?? 'attune');
  return bottleneckTuning(model, config, { name, seed: Number(values.seed ?? 42) });
}
