import { type ModelConfig, writeSafetensors } from '@attune/model';
import type { TrainableTensor } from '@attune/plan';
import { adapterConfigFile, configBytes } from '../adapter-names.ts';
import type { SaveOptions } from '../method.ts';
import { type BottleneckConfig, bottleneckJson } from './config.ts';

/** AdapterHub's weights, as `save_adapter(…, use_safetensors=True)` writes them. */
export const adapterHubFile = 'adapter.safetensors';

/** Whether an adapter_config.json is AdapterHub's. */
export function isAdapterHub(config: Readonly<Record<string, unknown>>): boolean {
  return (
    config.peft_type === undefined && typeof config.config === 'object' && config.config !== null
  );
}

/** With `ln_before` AdapterHub's file has the norm twice: by its own name, and as the first part of adapter_down. */
export const twice = (name: string) => name.replace('.adapter_norm_before.', '.adapter_down.0.');

interface Saved {
  readonly model: ModelConfig;
  readonly config: BottleneckConfig;
  readonly name: string;
  readonly tensors: readonly TrainableTensor[];
}

/** AdapterHub's two files; keys of `base` that are unknown here stay. */
export function bottleneckFiles(
  { model, config, name, tensors }: Saved,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const json = {
    hidden_size: model.hiddenSize,
    model_class: model.architecture,
    model_type: model.modelType,
    version: 'adapters.1.3.0',
    ...base,
    config: { ...((base.config as object | undefined) ?? {}), ...bottleneckJson(config) },
    model_name: baseModel,
    name,
  };
  const file = tensors.flatMap(({ name, shape }) => {
    const { buffer, byteOffset, byteLength } = values.get(name)!;
    const data = new Uint8Array(buffer, byteOffset, byteLength);
    const tensor = { name, dtype: 'F32' as const, shape: [...shape], data };
    return twice(name) === name ? [tensor] : [tensor, { ...tensor, name: twice(name) }];
  });
  return new Map([
    [adapterConfigFile, configBytes(json)],
    [adapterHubFile, writeSafetensors(file, { format: 'pt' })],
  ]);
}
