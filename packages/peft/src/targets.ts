import { AttuneError, nearest } from '@attune/gpu';
import { type ModelConfig, type Module, modulesOf } from '@attune/model';

/** A linear layer of the model. */
export type LinearModule = Module;

const outputLayers = ['lm_head', 'score', 'classifier'];

/** Every linear layer, the output layer included. */
export function linearModules(config: ModelConfig): LinearModule[] {
  return modulesOf(config).filter(({ kind }) => kind === 'linear');
}

export interface TargetOptions {
  /**
   * Names, suffixes or full paths (a list), a regular expression for the whole path (a string), or
   * `all-linear`: every linear layer but the output layer.
   */
  readonly targetModules: string | readonly string[];
  readonly excludeModules?: string | readonly string[] | null;
  readonly layersToTransform?: number | readonly number[] | null;
}

/** PEFT's rule: a string matches the whole path as a pattern, a list entry a path or its end. */
export function matchesModule(path: string, targets: string | readonly string[]): boolean {
  if (typeof targets === 'string') return pattern(`^(?:${targets})$`).test(path);
  return targets.some((target) => path === target || path.endsWith(`.${target}`));
}

/** PEFT's rule for the keys of rank_pattern and alpha_pattern: the end of the path, or a pattern. */
export function patternValue<T>(
  path: string,
  patterns: Readonly<Record<string, T>>,
): T | undefined {
  for (const [key, value] of Object.entries(patterns)) {
    if (pattern(`^(?:.*\\.)?(?:${key.replace(/^\^/, '')})$`).test(path)) {
      if (!key.startsWith('^') || pattern(key).test(path)) return value;
    }
  }
  return undefined;
}

function pattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw new AttuneError(
      'bad-target-modules',
      `The pattern ${source} is no regular expression.`,
      'Give module names as a list, or a valid expression.',
      { cause },
    );
  }
}

/** The linear layers that a target names. @throws AttuneError `no-target-modules` naming the nearest */
export function findTargets(config: ModelConfig, options: TargetOptions): LinearModule[] {
  const { targetModules, excludeModules, layersToTransform } = options;
  const modules = linearModules(config);
  const all =
    targetModules === 'all-linear' ||
    (Array.isArray(targetModules) &&
      targetModules.length === 1 &&
      targetModules[0] === 'all-linear');
  const layers = layersToTransform == null ? undefined : [layersToTransform].flat();
  const found = modules.filter(({ path, layer }) => {
    const last = path.split('.').at(-1)!;
    if (all ? outputLayers.includes(last) : !matchesModule(path, targetModules)) return false;
    if (excludeModules?.length && matchesModule(path, excludeModules)) return false;
    return !layers || (layer !== undefined && layers.includes(layer));
  });
  const output = found.find(({ path }) => outputLayers.includes(path));
  if (output) {
    throw new AttuneError(
      'bad-target-modules',
      `LoRA on the output layer ${output.path} is not supported, as in TRL.`,
      'Leave it out of target_modules, or train it whole by modules_to_save.',
    );
  }
  if (found.length === 0) {
    const names = [...new Set(modules.map(({ path }) => path.split('.').at(-1)!))];
    const near = [targetModules]
      .flat()
      .map((target) => nearest(target, names))
      .find(Boolean);
    throw new AttuneError(
      'no-target-modules',
      `target_modules ${JSON.stringify(targetModules)} matches none of the model's linear layers.`,
      `${near ? `Did you mean ${near}? ` : ''}The model has ${names.join(', ')}.`,
    );
  }
  return found;
}
