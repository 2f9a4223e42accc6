import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '@attune/model';
import { adapterConfigFile, adapterWeightsFile, configBytes } from '../adapter-names.ts';
import { takeTensors, tensorsFile } from '../adapter-tensors.ts';
import type { AdapterFiles, KindFiles, ReadAdapter, TunedParts } from '../kind.ts';
import type { SaveOptions } from '../method.ts';
import { badSetting } from '../settings.ts';
import { encoderTensors, evaluateTokens } from './virtual.encoder.ts';
import type { VirtualMethod, VirtualParts } from './virtual.ts';

/** Beside PEFT's two files: the encoder that made the virtual tokens, without which training cannot go on. */
export const encoderFile = 'prompt_encoder.safetensors';

/** The one tensor of PEFT's file: the virtual tokens as they enter the model. */
const made = 'prompt_embeddings';

/**
 * How files of virtual tokens are read: `method` makes it from the settings in adapter_config.json, with the encoder
 * or (`evaluated`) for what one has made. Where an encoder made them and its own file lies beside, training can go on.
 */
export function virtualKindFiles(
  peftType: VirtualMethod['kind'],
  method: (
    model: ModelConfig,
    config: Readonly<Record<string, unknown>>,
    evaluated: boolean,
  ) => VirtualMethod,
): KindFiles {
  return {
    own: (_, config) => config?.peft_type === peftType,
    weights: adapterWeightsFile,
    beside: encoderFile,
    read({ config: model }: TunedParts, files: AdapterFiles): ReadAdapter {
      const whole = method(model, files.config, false);
      const encoded = whole.encoder.parts.length > 0;
      const found = encoded && !files.encoder ? method(model, files.config, true) : whole;
      expectModel(found, files.config, model);
      const tokens = takeTensors(
        [{ name: made, shape: madeShape(method(model, files.config, true)) }],
        files.tensors,
        { file: adapterWeightsFile },
      ).get(made)!;
      if (!encoded || !files.encoder) {
        const values = new Map([[found.tensors[0]!.name, tokens]]);
        return { method: found, values, ...(found.evaluated && { lacks: encoderFile }) };
      }
      const values = takeTensors(found.tensors, files.encoder, { file: encoderFile });
      expectSame(evaluateTokens(found.encoder, values), tokens);
      return { method: found, values };
    },
  };
}

const madeShape = ({ tensors }: VirtualMethod) => tensors[0]!.shape;

/** An encoder beside other tokens than it makes would train on from another place. */
function expectSame(makes: Float32Array, tokens: Float32Array): void {
  const largest = tokens.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const apart = makes.reduce((max, value, i) => Math.max(max, Math.abs(value - tokens[i]!)), 0);
  if (apart <= 1e-3 * largest) return;
  throw new AttuneError(
    'encoder-differs',
    `${encoderFile} makes virtual tokens that are up to ${apart.toPrecision(3)} from those in ${adapterWeightsFile}.`,
    `Remove ${encoderFile} to use the tokens as they are, or put the one beside that made them.`,
  );
}

/** PEFT's files say for which model they are; they must not be used beside another. */
function expectModel(
  { kind, encoder }: VirtualMethod,
  config: Readonly<Record<string, unknown>>,
  model: ModelConfig,
): void {
  const prefix = kind === 'PREFIX_TUNING';
  const heads = prefix ? model.numKeyValueHeads : model.numAttentionHeads;
  const width = prefix ? heads * model.headDim : model.hiddenSize;
  for (const [name, wanted] of [
    ['num_layers', model.numHiddenLayers],
    ['num_attention_heads', heads],
    ['token_dim', width],
  ] as const) {
    const value = config[name];
    if (value == null || value === wanted) continue;
    const help = `Use the base model that these ${encoder.count} virtual tokens were trained on.`;
    throw badSetting(adapterConfigFile, {
      name,
      value,
      wanted: `${wanted} as in this model`,
      help,
    });
  }
}

/** PEFT's two files with what the encoder makes, and the encoder's own beside. */
export function virtualFiles(
  { encoder, kind, json }: VirtualParts,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const tokens = evaluateTokens(encoder, values);
  const shape = [encoder.count, tokens.length / encoder.count];
  const config = {
    auto_mapping: null,
    modules_to_save: null,
    num_transformer_submodules: 1,
    revision: null,
    task_type: 'CAUSAL_LM',
    ...base,
    ...json(baseModel),
    base_model_name_or_path: baseModel,
    inference_mode: true,
    num_virtual_tokens: encoder.count,
    peft_type: kind,
  };
  const files = new Map([
    [adapterConfigFile, configBytes(config)],
    [adapterWeightsFile, tensorsFile([{ name: made, shape, data: tokens }])],
  ]);
  if (encoder.parts.length > 0) {
    const own = encoderTensors(encoder);
    files.set(
      encoderFile,
      tensorsFile(own.map((tensor) => ({ ...tensor, data: values.get(tensor.name)! }))),
    );
  }
  return files;
}
