import { snakeCase } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { adapterConfigFile, adapterWeightsFile, configBytes } from '../adapter-names.ts';
import { takeTensors, tensorsFile } from '../adapter-tensors.ts';
import type { AdapterFiles } from '../kind.ts';
import type { SaveOptions } from '../method.ts';
import { isAllLinear } from '../targets.ts';
import type { LoraMethod } from './lora.ts';
import { classifierModules } from './modules-to-save.ts';

/** PEFT's files name what a LoRA trains by the module of the model that it wraps. */
const fileName = (name: string) => `base_model.model.${name}`;

/** The values of a LoRA from PEFT's file. @throws AttuneError those of `takeTensors`; `tied-tensors-differ` */
export function readLora(
  { tensors, modules }: Pick<LoraMethod, 'tensors' | 'modules'>,
  { tensors: file }: AdapterFiles,
): Map<string, Float32Array> {
  const [trained, also] = modules.twin ?? [];
  const twins = also === undefined ? [] : [fileName(also)];
  const values = takeTensors(tensors, file, { file: adapterWeightsFile, fileName, twins });
  const twin = also === undefined ? undefined : file.get(fileName(also))?.data;
  const own = trained === undefined ? undefined : values.get(trained);
  if (twin && own && !(twin.length === own.length && twin.every((value, i) => value === own[i]))) {
    throw new AttuneError(
      'tied-tensors-differ',
      `${adapterWeightsFile} holds ${fileName(trained!)} and ${fileName(also!)} with different numbers, but ensure_weight_tying says that they are one.`,
      'Set ensure_weight_tying to false in adapter_config.json and name both in modules_to_save.',
    );
  }
  return values;
}

/** Keys that are written only where they say something: PEFT before 0.19 does not know all of them. */
const onlyWhereSet = new Set(['layers_pattern', 'ensure_weight_tying']);

/**
 * PEFT's two files. Keys of `base` (an adapter that was read) that do not act here stay; names that stand for others
 * (`all-linear`, none) are written as the layers that trained.
 */
export function loraFiles(
  method: LoraMethod,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const { config, layers, modules } = method;
  const saved = new Set([
    ...(config.modulesToSave ?? []),
    ...(config.taskType === 'SEQ_CLS' ? classifierModules : []),
  ]);
  const named = config.targetModules ?? null;
  const last = [...new Set(layers.map(({ path }) => path.split('.').at(-1)!))];
  const own: Record<string, unknown> = {
    ...Object.fromEntries(
      Object.entries(config).map(([key, value]) => [snakeCase(key), value ?? null]),
    ),
    modules_to_save: saved.size > 0 ? [...saved] : null,
    target_modules: named === null || isAllLinear(named) ? last : named,
    task_type: base.task_type ?? config.taskType,
  };
  const json: Record<string, unknown> = {
    revision: null,
    ...base,
    ...Object.fromEntries(
      Object.entries(own).filter(([key, value]) => value || key in base || !onlyWhereSet.has(key)),
    ),
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: layers.some(({ transposed }) => transposed),
    inference_mode: true,
    peft_type: 'LORA',
    use_dora: false,
  };
  const tensors = method.tensors.map(({ name, shape }) => ({
    name: fileName(name),
    shape,
    data: values.get(name)!,
  }));
  if (modules.twin) {
    const [trained, also] = modules.twin;
    const one = tensors.find(({ name }) => name === fileName(trained))!;
    tensors.push({ ...one, name: fileName(also) });
  }
  return new Map<string, Uint8Array>([
    [adapterConfigFile, configBytes(json)],
    [adapterWeightsFile, tensorsFile(tensors)],
  ]);
}
