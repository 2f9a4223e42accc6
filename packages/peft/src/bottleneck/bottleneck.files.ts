import { snakeCase } from '@attune/config';
import type { ModelConfig } from '@attune/model';
import type { TrainableTensor } from '@attune/plan';
import { adapterConfigFile, configBytes } from '../adapter-names.ts';
import { takeTensors, tensorsFile } from '../adapter-tensors.ts';
import type { FileTensors } from '../kind.ts';
import type { SaveOptions } from '../method.ts';
import { badSetting, peftOrigin } from '../settings.ts';
import { type BottleneckSettings, bottleneckConfig, bottleneckOther } from './bottleneck.config.ts';

/** AdapterHub's weights, as `save_adapter(…, use_safetensors=True)` writes them. */
export const adapterHubFile = 'adapter.safetensors';

/** Whether an adapter_config.json is AdapterHub's. */
export function isAdapterHub(config: Readonly<Record<string, unknown>> | undefined): boolean {
  return (
    config !== undefined &&
    config.peft_type === undefined &&
    typeof config.config === 'object' &&
    config.config !== null
  );
}

/** AdapterHub's BnConfig of a file, and the adapter's name. @throws AttuneError `bad-value` */
export function bottleneckJson(
  model: ModelConfig,
  { name, hidden_size: width, config }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const bad = (name: string, value: unknown, wanted: string, help: string) =>
    badSetting(adapterConfigFile, { name, value, wanted, help });
  if (typeof name !== 'string') {
    throw bad('name', name, "the adapter's name", bottleneckConfig.adapterName.help);
  }
  if (width !== undefined && width !== model.hiddenSize) {
    const help = 'Use the base model that the adapter was trained on.';
    throw bad('hidden_size', width, `${model.hiddenSize} as in this model`, help);
  }
  return { ...(config as Record<string, unknown>), adapter_name: name };
}

/** With `ln_before` AdapterHub's file has the norm twice: by its own name, and as the first part of adapter_down. */
const twice = (name: string) => name.replace('.adapter_norm_before.', '.adapter_down.0.');

/** The values of bottleneck adapters from AdapterHub's file. @throws AttuneError those of `takeTensors` */
export const readBottleneck = (
  tensors: readonly TrainableTensor[],
  file: FileTensors,
): Map<string, Float32Array> =>
  takeTensors(tensors, file, {
    file: adapterHubFile,
    twins: tensors.map(({ name }) => twice(name)),
  });

interface Saved {
  readonly model: ModelConfig;
  readonly config: BottleneckSettings;
  readonly tensors: readonly TrainableTensor[];
}

/** AdapterHub's two files; keys of `base` that do not act here stay. */
export function bottleneckFiles(
  { model, config, tensors }: Saved,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const { adapterConfig, adapterName, ...keys } = config;
  const json = {
    hidden_size: model.hiddenSize,
    model_class: model.architecture,
    model_type: model.modelType,
    version: 'adapters.1.3.0',
    ...base,
    config: {
      ...otherKeys(),
      ...((base.config as object | undefined) ?? {}),
      ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [snakeCase(key), value])),
    },
    model_name: baseModel,
    name: adapterName,
  };
  const file = tensors.flatMap(({ name, shape }) => {
    const tensor = { name, shape, data: values.get(name)! };
    return twice(name) === name ? [tensor] : [tensor, { ...tensor, name: twice(name) }];
  });
  return new Map([
    [adapterConfigFile, configBytes(json)],
    [adapterHubFile, tensorsFile(file)],
  ]);
}

/** The keys of BnConfig that do not act here, at its defaults. */
function otherKeys(): Record<string, unknown> {
  const { withoutEffect, notDone } = bottleneckOther;
  const fixed = Object.entries(notDone).map(([key, { default: value }]) => [key, value] as const);
  const all = [...Object.entries(withoutEffect), ...fixed];
  const foreign = new Set([...Object.keys(peftOrigin), 'architecture', 'task_type']);
  return Object.fromEntries(all.filter(([key]) => !foreign.has(key)));
}
