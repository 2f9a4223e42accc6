import { AttuneError } from '@attune/gpu';
import { badSetting } from '../settings.ts';
import { isAllLinear } from '../targets.ts';
import { type LoraSettings, loraConfig } from './lora.config.ts';

/** What the keys of LoRA must be by themselves and beside each other. @throws AttuneError `bad-value` */
export function checkRules(config: LoraSettings): void {
  const { loraDropout, targetModules, layersToTransform, layersPattern } = config;
  const bad = (name: string, key: keyof LoraSettings, wanted: string) =>
    badSetting('LORA', { name, value: config[key], wanted, help: loraConfig[key].help });
  if (loraDropout >= 1) throw bad('lora_dropout', 'loraDropout', 'below 1');
  for (const [name, key] of [
    ['target_modules', 'targetModules'],
    ['exclude_modules', 'excludeModules'],
    ['layers_pattern', 'layersPattern'],
  ] as const) {
    if (!isNames(config[key])) throw bad(name, key, 'text or a list of names');
  }
  const layers = layersToTransform == null ? [] : [layersToTransform].flat();
  if (!layers.every((layer) => Number.isInteger(layer) && layer >= 0)) {
    throw bad('layers_to_transform', 'layersToTransform', 'numbers of layers, from 0');
  }
  const pattern = typeof targetModules === 'string' && !isAllLinear(targetModules);
  if (layers.length > 0 && pattern) {
    throw bad('layers_to_transform', 'layersToTransform', 'null where target_modules is a pattern');
  }
  if (layersPattern?.length && layers.length === 0) {
    throw bad('layers_pattern', 'layersPattern', 'null where layers_to_transform is null');
  }
  for (const [name, key] of [
    ['rank_pattern', 'rankPattern'],
    ['alpha_pattern', 'alphaPattern'],
  ] as const) {
    if (!isNumbersByName(config[key])) throw bad(name, key, 'an object of numbers');
  }
}

const isNames = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  (Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''));

const isNumbersByName = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => Number.isFinite(one));

/** Starts of LoRA that are not done here: why, and what to do. */
const starts: readonly (readonly [pattern: RegExp, why: string, remedy: string])[] = [
  [
    /^(pissa(_niter_\d+)?|olora|corda|loftq|lora_ga)$/i,
    'PEFT takes the initial B·A out of the base weights whenever it loads such an adapter, which is not done here',
    'Write it as a plain LoRA in PEFT: save_pretrained(folder, path_initial_model_for_weight_conversion=INITIAL_ADAPTER).',
  ],
  [
    /^eva$/i,
    'the start of EVA is drawn from data, which is not done here',
    'Of an adapter that is trained, set it to true in adapter_config.json: EVA leaves the base weights as they are.',
  ],
  [
    /^mica$/i,
    'only A trains there, which is not done here',
    'Of an adapter that is trained, set it to true in adapter_config.json; if it trains further, B trains too.',
  ],
];

/**
 * Where a start is not drawn here, or means more than a start. One that leaves the base weights as they are is of no
 * matter for an adapter that is read.
 * @throws AttuneError `key-not-done`
 */
export function checkStart(start: unknown, where: string, { read = false } = {}): void {
  if (typeof start === 'boolean' || start === 'gaussian') return;
  if (start === 'orthogonal' && read) return;
  const [, why, remedy] = starts.find(([pattern]) => pattern.test(String(start))) ?? [
    undefined,
    'no such start of LoRA is drawn here',
    'Give true, false or gaussian.',
  ];
  throw new AttuneError(
    'key-not-done',
    `${where}: init_lora_weights is ${JSON.stringify(start)}: ${why}.`,
    remedy,
  );
}
