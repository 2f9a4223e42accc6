import type { Option } from '../command-line/option.ts';

const group = 'Model';

/** Which model, which adapter, on which device: keys that most commands share. */
export const modelKeys: readonly Option[] = [
  {
    name: 'model_name_or_path',
    kind: 'text',
    group,
    help: 'A model folder (safetensors, or a single GGUF), a GGUF file, or a hub id.',
  },
  {
    name: 'model_revision',
    kind: 'text',
    group,
    default: 'main',
    help: 'Branch, tag or commit of a hub id.',
  },
  {
    name: 'adapter_name_or_path',
    kind: 'text',
    group,
    help: "A folder with a LoRA adapter in PEFT's files.",
  },
  {
    name: 'device',
    kind: 'text',
    group,
    choices: ['auto', 'gpu', 'lavapipe', 'swiftshader'],
    help: 'The WebGPU adapter. Default: the environment variable ATTUNE_DEVICE, else auto.',
  },
];

/** `modelKeys` without those named. */
export function modelKeysWithout(...names: string[]): Option[] {
  return modelKeys.filter(({ name }) => !names.includes(name));
}
