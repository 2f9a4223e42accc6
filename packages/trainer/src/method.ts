import { AttuneError } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import {
  type BottleneckConfig,
  type BottleneckPreset,
  bitFitTuning,
  bottleneckPresets,
  bottleneckTuning,
  encoderFile,
  fullTuning,
  isEvaluated,
  loraTuning,
  prefixTuning,
  promptTuning,
  pTuning,
  type TuningMethod,
} from '@attune/peft';
import type { Tokenizer } from '@attune/tokenizer';
import { type AdapterSource, biased, findAdapter, modelForAdapter } from './adapter.ts';

/** What trains, in PEFT's names. */
export type PeftConfig = { readonly peftType: string } & Readonly<Record<string, unknown>>;

/** What trains, from which values, and the adapter's config if one was read. */
export interface ChosenMethod {
  /** The model that it is for: the opened one, or that with what the method adds to its layers. */
  readonly model: OpenModel;
  readonly method: TuningMethod;
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly adapterConfig?: Record<string, unknown>;
}

/** An adapter (new, or one that goes on), the biases, or all parameters. */
export async function chooseMethod(
  opened: OpenModel,
  {
    peftConfig,
    adapter: source,
    seed,
    tokenizer,
  }: {
    readonly peftConfig?: PeftConfig | undefined;
    readonly adapter?: AdapterSource | undefined;
    readonly seed: number;
    readonly tokenizer: Tokenizer;
  },
): Promise<ChosenMethod> {
  if (source !== undefined) {
    const model = await modelForAdapter(opened, source);
    const { method, values, config } = await findAdapter(source, model);
    const type = peftConfig?.peftType;
    if (type != null && type !== method.kind) {
      throw new AttuneError(
        'bad-value',
        `peft_type is ${type}, but the adapter is of the kind ${method.kind}.`,
        'Leave out one of the two.',
      );
    }
    if (isEvaluated(method)) {
      throw new AttuneError(
        'encoder-missing',
        `The adapter has only what an encoder made, not the encoder (${encoderFile}).`,
        `Start from a folder that attune left, put the encoder's weights beside as ${encoderFile}, or begin anew without adapter_name_or_path.`,
      );
    }
    return { model, method, values, adapterConfig: config };
  }
  const { peftType, addBiases, ...own } = peftConfig ?? { peftType: 'FULL' };
  const model = peftType === 'BITFIT' && addBiases === true ? biased(opened) : opened;
  const { config, weights } = model;
  // biome-ignore lint/suspicious/noExplicitAny: checked by each method
  const given = own as any;
  switch (peftType) {
    case 'FULL':
      return { model, method: fullTuning(config) };
    case 'LORA':
      return { model, method: loraTuning(config, given, seed) };
    case 'BITFIT':
      return { model, method: bitFitTuning(config) };
    case 'PREFIX_TUNING':
      return { model, method: prefixTuning(config, given, { seed }) };
    case 'P_TUNING':
      return { model, method: pTuning(config, given, { seed }) };
    case 'PROMPT_TUNING': {
      const text = given.promptTuningInit === 'TEXT' && given.promptTuningInitText;
      const textIds = text ? tokenizer.encode(text) : [];
      return { model, method: promptTuning(config, given, { textIds, weights, seed }) };
    }
    default: {
      const { preset, name = 'attune', ...rest } = given;
      const full = { ...bottleneckPresets[preset as BottleneckPreset], ...rest };
      const method = bottleneckTuning(config, full as BottleneckConfig, { name, seed });
      return { model, method };
    }
  }
}
