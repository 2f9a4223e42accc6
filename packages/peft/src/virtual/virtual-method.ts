import { writeSafetensors } from '@attune/model';
import { adapterConfigFile, adapterWeightsFile, configBytes } from '../adapter-names.ts';
import type { SaveOptions, TuningMethod } from '../method.ts';
import {
  type Encoder,
  encoderTensors,
  encodeTokens,
  evaluateTokens,
  initialPart,
} from './encoder.ts';

/** Beside PEFT's two files: the encoder that made the virtual tokens, without which training cannot go on. */
export const encoderFile = 'prompt_encoder.safetensors';

/** A method whose trained tensors make virtual tokens. */
export interface VirtualMethod extends TuningMethod {
  readonly kind: 'PREFIX_TUNING' | 'PROMPT_TUNING' | 'P_TUNING';
  readonly virtualTokens: number;
  readonly encoder: Encoder;
  /** The file had only what an encoder once made: it computes, but cannot go on training as it was. */
  readonly evaluated: boolean;
}

/** Whether a method computes with what an encoder once made, and lacks the encoder. */
export function isEvaluated(method: TuningMethod): boolean {
  return 'evaluated' in method && method.evaluated === true;
}

export interface VirtualParts {
  readonly kind: VirtualMethod['kind'];
  readonly encoder: Encoder;
  readonly evaluated?: boolean;
  /** Where the virtual tokens enter. */
  readonly place: 'embeddings' | 'keysAndValues';
  /** The method's own keys of adapter_config.json. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** The embedding to start from, where it is not drawn. */
  start?(): Promise<Float32Array>;
}

/** The method of an encoder: the same for all that train virtual tokens. */
export function virtualMethod(parts: VirtualParts): VirtualMethod {
  const { kind, encoder, evaluated = false, place, seed } = parts;
  const tensors = encoderTensors(encoder).map((tensor) => ({
    ...tensor,
    decay: !tensor.name.includes('bias'),
  }));
  return {
    kind,
    virtualTokens: encoder.count,
    encoder,
    evaluated,
    tensors,
    replaces: () => false,
    joins: () => true,
    stacks: () => [],
    async initial(name) {
      if (parts.start && name === tensors[0]!.name) return parts.start();
      return initialPart(encoder, name, seed);
    },
    tuning: (trainable, options) => ({
      virtual: {
        count: encoder.count,
        [place]: (graph: Parameters<typeof encodeTokens>[0]) =>
          encodeTokens(graph, encoder, (name) => trainable.tensor(graph, name, options)!),
      },
    }),
    save: (values, options) => virtualFiles(parts, values, options),
  };
}

function virtualFiles(
  { encoder, kind, json }: VirtualParts,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const file = (tensors: { name: string; shape: readonly number[]; data: Float32Array }[]) =>
    writeSafetensors(
      tensors.map(({ name, shape, data }) => ({
        name,
        dtype: 'F32' as const,
        shape: [...shape],
        data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      { format: 'pt' },
    );
  const made = evaluateTokens(encoder, values);
  const shape = [encoder.count, made.length / encoder.count];
  const config = {
    auto_mapping: null,
    modules_to_save: null,
    num_transformer_submodules: 1,
    revision: null,
    task_type: 'CAUSAL_LM',
    ...base,
    ...json,
    base_model_name_or_path: baseModel,
    inference_mode: true,
    num_virtual_tokens: encoder.count,
    peft_type: kind,
  };
  const files = new Map([
    [adapterConfigFile, configBytes(config)],
    [adapterWeightsFile, file([{ name: 'prompt_embeddings', shape, data: made }])],
  ]);
  if (encoder.parts.length > 0) {
    const own = encoderTensors(encoder).map((tensor) => ({
      ...tensor,
      data: values.get(tensor.name)!,
    }));
    files.set(encoderFile, file(own));
  }
  return files;
}
