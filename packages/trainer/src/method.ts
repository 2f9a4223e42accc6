import type { OpenModel } from '@attune/model';
import { openAdapter, type PeftConfig, type TuningMethod, tuningMethod } from '@attune/peft';
import type { Tokenizer } from '@attune/tokenizer';
import type { AdapterSource } from './adapter.ts';

export type { PeftConfig } from '@attune/peft';

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
    ...start
  }: {
    readonly peftConfig?: PeftConfig | undefined;
    readonly adapter?: AdapterSource | undefined;
    readonly seed: number;
    readonly tokenizer: Tokenizer;
    /** The model's name as the user gave it. */
    readonly modelName?: string;
  },
): Promise<ChosenMethod> {
  if (source === undefined) {
    const method = tuningMethod(peftConfig, opened, start);
    return { model: method.modelFor(opened), method };
  }
  const { peftType, peft_type } = (peftConfig ?? {}) as Record<string, string | undefined>;
  const wanted = { training: true, scores: true, peftType: peftType ?? peft_type ?? null };
  const { model, method, values, config } = await openAdapter(source, opened, wanted);
  return { model, method, values, adapterConfig: config };
}
