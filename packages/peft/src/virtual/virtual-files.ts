import { AttuneError } from '@attune/gpu';
import { elements } from '@attune/kernels';
import type { ModelConfig } from '@attune/model';
import type { AdapterFiles } from '../adapter-files.ts';
import { adapterWeightsFile } from '../adapter-names.ts';
import { badPeftConfig } from '../checks.ts';
import { type PTuningConfig, pTuning } from './p-tuning.ts';
import { type PrefixTuningConfig, prefixTuning } from './prefix-tuning.ts';
import { type PromptTuningConfig, promptTuning } from './prompt-tuning.ts';
import { encoderFile, type VirtualMethod } from './virtual-method.ts';

/** The one tensor of PEFT's file: the virtual tokens as they enter the model. */
const made = 'prompt_embeddings';

/**
 * A method of virtual tokens and its tensors from PEFT's files. Where an encoder made them and its own file lies
 * beside, training can go on; without it the method is `evaluated`.
 * @throws AttuneError `bad-peft-config`, `missing-tensor`, `wrong-shape`, `unknown-tensor`
 */
export function virtualFromFiles(
  model: ModelConfig,
  { config, tensors, encoder }: AdapterFiles,
): { method: VirtualMethod; values: Map<string, Float32Array> } {
  const whole = methodOf(model, config, false);
  const encoded = whole.encoder.parts.length > 0;
  const method = encoded && !encoder ? methodOf(model, config, true) : whole;
  expectModel(method, config, model);
  if (!tensors.has(made)) throw missing(made, adapterWeightsFile);
  const extra = [...tensors.keys()].find((name) => name !== made);
  if (extra !== undefined) {
    throw new AttuneError(
      'unknown-tensor',
      `${adapterWeightsFile} holds ${extra}, which ${method.kind} does not have.`,
      'Check that adapter_config.json belongs to these weights.',
    );
  }
  const embedding = method.tensors[0]!.name;
  const source = encoded && encoder ? encoder : new Map([[embedding, tensors.get(made)!]]);
  const values = new Map<string, Float32Array>();
  for (const { name, shape } of method.tensors) {
    const found = source.get(name);
    if (!found) throw missing(name, encoderFile);
    if (String(found.shape) !== String(shape) || found.data.length !== elements(shape)) {
      throw new AttuneError(
        'wrong-shape',
        `${source === encoder ? name : made} is [${found.shape}] in the adapter; this model and its config make it [${shape}].`,
        'Use the base model that the adapter was trained on.',
      );
    }
    values.set(name, found.data);
  }
  return { method, values };
}

function missing(name: string, file: string): AttuneError {
  return new AttuneError(
    'missing-tensor',
    `${file} has no ${name}, which adapter_config.json implies.`,
    'The adapter belongs to another model or is incomplete.',
  );
}

function methodOf(
  model: ModelConfig,
  config: Record<string, unknown>,
  evaluated: boolean,
): VirtualMethod {
  const numVirtualTokens = config.num_virtual_tokens as number;
  const encoderHiddenSize = (config.encoder_hidden_size ?? null) as number | null;
  switch (config.peft_type) {
    case 'PREFIX_TUNING': {
      const projection = config.prefix_projection === true;
      // What the start was is of no matter once there are weights.
      const own: PrefixTuningConfig = {
        ...{ numVirtualTokens, encoderHiddenSize, prefixProjection: projection },
        initWeights: (config.init_weights ?? null) as 'zero' | null,
      };
      return prefixTuning(model, own, { evaluated });
    }
    case 'PROMPT_TUNING':
      return promptTuning(model, {
        numVirtualTokens,
        promptTuningInit: (config.prompt_tuning_init ?? 'RANDOM') as NonNullable<
          PromptTuningConfig['promptTuningInit']
        >,
        promptTuningInitText: (config.prompt_tuning_init_text ?? null) as string | null,
        tokenizerNameOrPath: (config.tokenizer_name_or_path ?? null) as string | null,
      });
    default: {
      const type = (config.encoder_reparameterization_type ?? 'MLP') as 'MLP' | 'LSTM';
      const own: PTuningConfig = {
        ...{ numVirtualTokens, encoderHiddenSize, encoderReparameterizationType: type },
        encoderNumLayers: (config.encoder_num_layers ?? 2) as number,
        encoderDropout: (config.encoder_dropout ?? 0) as number,
      };
      return pTuning(model, own, { evaluated });
    }
  }
}

/** PEFT's files say for which model they are; they must not be used beside another. */
function expectModel(
  { kind }: VirtualMethod,
  config: Record<string, unknown>,
  model: ModelConfig,
): void {
  const heads = kind === 'PREFIX_TUNING' ? model.numKeyValueHeads : model.numAttentionHeads;
  const width = kind === 'PREFIX_TUNING' ? heads * model.headDim : model.hiddenSize;
  for (const [key, wanted] of [
    ['num_layers', model.numHiddenLayers],
    ['num_attention_heads', heads],
    ['token_dim', width],
    ['num_transformer_submodules', 1],
  ] as const) {
    const have = config[key];
    if (have == null || have === wanted) continue;
    throw badPeftConfig(key, have, `${wanted} beside this model`);
  }
}
