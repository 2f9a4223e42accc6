import { AttuneError, nearest } from '@attune/gpu';
import { type ModelConfig, type Module, modulesOf } from '@attune/model';
import { pythonPattern } from './python-pattern.ts';

/** A linear layer of the model. */
export type LinearModule = Module;

const outputLayers = ['lm_head', 'score', 'classifier'];

/** Every linear layer, the output layer included. */
export function linearModules(config: ModelConfig): LinearModule[] {
  return modulesOf(config).filter(({ kind }) => kind === 'linear');
}

/**
 * Every module that holds tensors, and those around it, by path: what PEFT looks for names in. A tied output layer
 * is one of them; lists of layers are not, since nothing can be done with one.
 */
export function modulePaths(config: ModelConfig): string[] {
  const paths = new Set<string>();
  for (const { path } of modulesOf(config)) {
    const parts = path.split('.');
    for (let end = 1; end <= parts.length; end++) {
      if (!/^\d+$/.test(parts[end] ?? '')) paths.add(parts.slice(0, end).join('.'));
    }
  }
  if (config.tieWordEmbeddings && config.head === 'lm') paths.add('lm_head');
  return [...paths];
}

export interface TargetOptions {
  /**
   * Names, suffixes or full paths (a list), a regular expression of Python for the whole path (a string), or
   * `all-linear`: every linear layer but the output layer. Default: PEFT's own for the family.
   */
  readonly targetModules?: string | readonly string[] | null;
  readonly excludeModules?: string | readonly string[] | null;
  readonly layersToTransform?: number | readonly number[] | null;
  /** Name of the list of layers that `layersToTransform` counts in. Default: any. */
  readonly layersPattern?: string | readonly string[] | null;
  /** Modules trained whole, which get no LoRA besides. */
  readonly modulesToSave?: readonly string[] | null;
}

/** PEFT's rule: a string matches the whole path as a pattern, a list entry a path or its end. */
export function matchesModule(path: string, targets: string | readonly string[]): boolean {
  if (typeof targets === 'string') return pythonPattern(targets).test(path);
  return targets.some((target) => path === target || path.endsWith(`.${target}`));
}

/** PEFT's rule for the keys of rank_pattern and alpha_pattern: the end of the path, or a pattern. */
export function patternValue<T>(
  path: string,
  patterns: Readonly<Record<string, T>>,
): T | undefined {
  const key = Object.keys(patterns).find((key) => pythonPattern(`(.*\\.)?(${key})$`, 1).test(path));
  return key === undefined ? undefined : patterns[key];
}

/** `all-linear`, by itself or as the one entry of a list. */
export const isAllLinear = (targets: TargetOptions['targetModules']): boolean =>
  targets != null && String(targets).toLowerCase() === 'all-linear';

/** What PEFT adapts where no target is named: queries and values, or the family's one projection. */
const defaultTargets = [['q_proj', 'v_proj'], ['qkv_proj'], ['c_attn']];

/** The targets by name: PEFT's default where none are given. */
export function namedTargets(
  config: ModelConfig,
  targets: TargetOptions['targetModules'],
): string | readonly string[] {
  if (targets != null) return targets;
  const paths = modulePaths(config);
  const found = defaultTargets.find((names) =>
    names.every((name) => paths.some((path) => path.endsWith(`.${name}`))),
  );
  return found ?? defaultTargets[0]!;
}

/**
 * The linear layers that a target names, by PEFT's rules.
 * @throws AttuneError `no-target-modules` naming the nearest; `bad-target-modules` for modules that LoRA is not
 * computed on, and for a pattern that is none
 */
export function findTargets(config: ModelConfig, options: TargetOptions): LinearModule[] {
  const targets = namedTargets(config, options.targetModules);
  const linear = new Map(linearModules(config).map((module) => [module.path, module]));
  const all = isAllLinear(targets);
  const candidates = all
    ? [...linear.keys()].filter((path) => !outputLayers.includes(path))
    : modulePaths(config);
  const matched = all ? candidates : candidates.filter((path) => matchesModule(path, targets));
  if (!all && typeof targets !== 'string') {
    for (const name of targets) expectMatch(name, candidates, linear);
  }
  const found = matched.filter(
    (path) => !isExcluded(path, options) && inLayers(path, targets, options),
  );
  const odd = found.find((path) => !linear.has(path) || outputLayers.includes(path));
  if (odd !== undefined) throw notLinear(odd);
  if (found.length > 0) return found.map((path) => linear.get(path)!);
  throw noTarget(
    `target_modules ${JSON.stringify(targets)} matches none of the model's linear layers${narrowed(options)}`,
    [targets].flat(),
    linear,
  );
}

function isExcluded(path: string, { excludeModules, modulesToSave }: TargetOptions): boolean {
  if (excludeModules?.length && matchesModule(path, excludeModules)) return true;
  return (modulesToSave ?? []).some((name) =>
    pythonPattern(`(^|.*\\.)${name}($|\\..*)`, 2).test(path),
  );
}

/** PEFT narrows names to some layers, but neither patterns nor whole paths. */
function inLayers(
  path: string,
  targets: string | readonly string[],
  { layersToTransform, layersPattern }: TargetOptions,
): boolean {
  const layers = layersToTransform == null ? [] : [layersToTransform].flat();
  if (layers.length === 0) return true;
  if (typeof targets !== 'string' && targets.includes(path)) return true;
  const lists = layersPattern?.length ? [layersPattern].flat() : ['[^.]*'];
  for (const list of lists) {
    const index = pythonPattern(`(?:^|.*?\\.)(?:${list})\\.(?P<index>\\d+)\\..*`, 3).exec(
      path,
    )?.groups;
    if (index) return layers.includes(Number(index.index));
  }
  return false;
}

function expectMatch(
  name: string,
  paths: readonly string[],
  linear: ReadonlyMap<string, LinearModule>,
): void {
  if (paths.some((path) => matchesModule(path, [name]))) return;
  throw noTarget(
    `target_modules names ${name}, which no module of the model is called`,
    [name],
    linear,
  );
}

function noTarget(
  what: string,
  targets: readonly string[],
  linear: ReadonlyMap<string, LinearModule>,
): AttuneError {
  const names = [...new Set([...linear.keys()].map((path) => path.split('.').at(-1)!))];
  const near = targets.map((target) => nearest(target, names)).find(Boolean);
  return new AttuneError(
    'no-target-modules',
    `${what}.`,
    `${near ? `Did you mean ${near}? ` : ''}The model has ${names.join(', ')}.`,
  );
}

const narrowed = ({ excludeModules, layersToTransform, modulesToSave }: TargetOptions): string => {
  const by = [
    excludeModules?.length && 'exclude_modules',
    layersToTransform != null && 'layers_to_transform',
    modulesToSave?.length && 'modules_to_save',
  ].filter(Boolean);
  return by.length > 0 ? `, narrowed by ${by.join(' and ')}` : '';
};

function notLinear(path: string): AttuneError {
  const last = path.split('.').at(-1)!;
  const what = outputLayers.includes(path)
    ? `LoRA on the output layer ${path} is not supported, as in TRL`
    : `target_modules matches ${path}, which is no linear layer; LoRA is computed on linear layers only`;
  return new AttuneError(
    'bad-target-modules',
    `${what}.`,
    `Leave ${last} out of target_modules, or train it whole by modules_to_save.`,
  );
}
