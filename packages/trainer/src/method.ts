import { AttuneError } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { openAdapter, type PeftConfig, type TuningMethod, tuningMethod } from '@attune/peft';
import type { AdapterSource } from './adapter.ts';

/** What trains, from which values, and the adapter's config if one was read. */
export interface ChosenMethod {
  /** The model that it is for: the opened one, or that with what the method adds to its layers. */
  readonly model: OpenModel;
  readonly method: TuningMethod;
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly adapterConfig?: Record<string, unknown>;
}

export interface ChooseOptions {
  /** What trains; all parameters where it is left out. */
  readonly peftConfig?: PeftConfig | undefined;
  /** An adapter that training goes on with. */
  readonly adapter?: AdapterSource | undefined;
  readonly seed: number;
  /** The algorithm that is to train by it. */
  readonly algorithm: string;
  readonly modelName: string;
}

/**
 * A new adapter, one that goes on, the biases, or all parameters.
 * @throws AttuneError `unsupported-adapter` where the algorithm cannot train by it, those of `tuningMethod` and
 * `openAdapter`
 */
export async function chooseMethod(
  opened: OpenModel,
  { peftConfig, adapter, seed, algorithm, modelName }: ChooseOptions,
): Promise<ChosenMethod> {
  const found = adapter !== undefined && (await goOn(opened, adapter, peftConfig));
  const chosen = found || start(opened, tuningMethod(peftConfig, opened, { seed, modelName }));
  const { kind } = chosen.method;
  if (chosen.method.trains(algorithm)) return chosen;
  throw new AttuneError(
    'unsupported-adapter',
    `${algorithm} does not train by ${kind}: only SFT and pretraining are held to recorded runs of it.`,
    'Use attune sft for it, or a LoRA adapter here.',
  );
}

const start = (opened: OpenModel, method: TuningMethod): ChosenMethod => ({
  model: method.modelFor(opened),
  method,
});

async function goOn(
  opened: OpenModel,
  adapter: AdapterSource,
  peftConfig: PeftConfig | undefined,
): Promise<ChosenMethod> {
  const given = peftConfig as Readonly<Record<string, unknown>> | undefined;
  const peftType = (given?.peftType ?? given?.peft_type ?? null) as string | null;
  const options = { training: true, peftType };
  const { model, method, values, config } = await openAdapter(adapter, opened, options);
  return { model, method, values, adapterConfig: config };
}
