import type { WeightSource } from '@attune/model';
import { nextTokenOnly, sameModel, type TuningMethod } from '../method.ts';
import { type Encoder, encoderTensors, encodeTokens, initialPart } from './virtual.encoder.ts';
import { virtualFiles } from './virtual.files.ts';

/** A method whose trained tensors make virtual tokens. */
export interface VirtualMethod extends TuningMethod {
  readonly kind: 'PREFIX_TUNING' | 'PROMPT_TUNING' | 'P_TUNING';
  readonly virtualTokens: number;
  readonly encoder: Encoder;
  /** The file had only what an encoder once made: it computes, but cannot go on training as it was. */
  readonly evaluated: boolean;
}

export interface VirtualParts {
  readonly kind: VirtualMethod['kind'];
  readonly encoder: Encoder;
  readonly evaluated?: boolean;
  /** Where the virtual tokens enter. */
  readonly place: 'embeddings' | 'keysAndValues';
  /** The method's own keys of adapter_config.json. */
  json(baseModel: string): Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** The embedding to start from, where it is not drawn. */
  start?(weights: WeightSource): Promise<Float32Array>;
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
    leaves: 'adapter',
    virtualTokens: encoder.count,
    encoder,
    evaluated,
    tensors,
    trains: nextTokenOnly,
    modelFor: sameModel,
    replaces: () => false,
    joins: () => true,
    stacks: () => [],
    async initial(name, weights) {
      if (parts.start && name === tensors[0]!.name) return parts.start(weights);
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
