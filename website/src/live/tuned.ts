import { freshWeights, type OpenModel } from '@attune/model';
import {
  bitFitTuning,
  bottleneckPresets,
  bottleneckTuning,
  fullTuning,
  loraTuning,
  prefixTuning,
  promptTuning,
  pTuning,
  type TuningMethod,
  withBiases,
} from '@attune/peft';
import type { TrainSettings } from './live';

/** What a page trains: the model as the method wants it, and the method. */
export function tuned(opened: OpenModel, settings: TrainSettings) {
  const { method, start, rank, tokens: numVirtualTokens = 16, bottleneck = 32 } = settings;
  const model = method === 'bitfit' ? withBiases(opened) : opened;
  const { config } = model;
  const weights = start === 'fresh' ? freshWeights(config) : model.weights;
  const reductionFactor = config.hiddenSize / bottleneck;
  const placed = (preset: keyof typeof bottleneckPresets) =>
    bottleneckTuning(config, { ...bottleneckPresets[preset], reductionFactor });
  const make: Record<TrainSettings['method'], () => TuningMethod> = {
    full: () => fullTuning(config),
    lora: () => loraTuning(config, { targetModules: 'all-linear', r: rank, loraAlpha: 2 * rank }),
    bitfit: () => bitFitTuning(config),
    prefix: () => prefixTuning(config, { numVirtualTokens }),
    prompt: () => {
      const sampled = { numVirtualTokens, promptTuningInit: 'SAMPLE_VOCAB' } as const;
      return promptTuning(config, sampled, { weights });
    },
    'p-tuning': () => pTuning(config, { numVirtualTokens }),
    houlsby: () => placed('double_seq_bn'),
    pfeiffer: () => placed('seq_bn'),
    parallel: () => placed('par_bn'),
  };
  return { config, weights, method: make[method]() };
}
