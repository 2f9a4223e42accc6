import type { PeftConfig } from '@attune/peft';
import type { TrainSettings } from './live';

/** Of the embedded model. */
const hiddenSize = 128;

/** What a page trains, in PEFT's names. */
export function peftOf(settings: TrainSettings): PeftConfig | undefined {
  const { method, rank, tokens: numVirtualTokens = 16, bottleneck = 32 } = settings;
  const reductionFactor = hiddenSize / bottleneck;
  const configs: Record<TrainSettings['method'], PeftConfig | undefined> = {
    full: undefined,
    lora: { peftType: 'LORA', targetModules: 'all-linear', r: rank, loraAlpha: 2 * rank },
    bitfit: { peftType: 'BITFIT', addBiases: true },
    prefix: { peftType: 'PREFIX_TUNING', numVirtualTokens },
    prompt: { peftType: 'PROMPT_TUNING', numVirtualTokens, promptTuningInit: 'SAMPLE_VOCAB' },
    'p-tuning': { peftType: 'P_TUNING', numVirtualTokens },
    houlsby: { peftType: 'BOTTLENECK', adapterConfig: 'double_seq_bn', reductionFactor },
    pfeiffer: { peftType: 'BOTTLENECK', adapterConfig: 'seq_bn', reductionFactor },
    parallel: { peftType: 'BOTTLENECK', adapterConfig: 'par_bn', reductionFactor },
  };
  return configs[method];
}
