import type { Gpu } from '@attune/gpu';
import { AttuneError, nearest } from '@attune/gpu';
import type { ChatMessage } from '@attune/tokenizer';
import {
  findModel,
  type LoadedModel,
  loadModel,
  rewardModelOf,
  type TrainerSetup,
} from '@attune/trainer';
import { builtInRewards, type NamedReward, type RewardFunction } from './rewards.ts';

/** A reward function, one with a name for the log, or the name of one. */
export type RewardSource = RewardFunction | NamedReward | string;

/** A reward model: a folder, a hub id, an adapter's folder, or one that is loaded. */
export type RewardModel = string | LoadedModel;

/** TRL's reward functions that need its Python library for mathematics. */
const elsewhere = ['accuracy_reward', 'reasoning_accuracy_reward'];

/** The rewards that a run names; a reward model is loaded once the device is there. */
export interface FoundRewards {
  load(gpu: Gpu): Promise<readonly NamedReward[]>;
  destroy(): void;
}

export interface RewardOptions {
  readonly rewardFuncs?: RewardSource | readonly RewardSource[] | null | undefined;
  readonly rewardModelNameOrPath?: RewardModel | null | undefined;
}

const listOf = (given: RewardOptions['rewardFuncs']): readonly RewardSource[] =>
  given == null ? [] : Array.isArray(given) ? given : [given as RewardSource];

/** Names in the log, in TRL's order: the reward model first. */
export function rewardNames({
  rewardFuncs,
  rewardModelNameOrPath: model,
}: RewardOptions): string[] {
  return [
    ...(model == null ? [] : [modelName(model)]),
    ...listOf(rewardFuncs).map((source) => {
      if (typeof source === 'function') return source.name || 'reward';
      if (typeof source === 'object') return source.name;
      return builtIn(source)?.name ?? source.split('.').at(-1)!;
    }),
  ];
}

const modelName = (model: RewardModel): string => {
  const path = typeof model === 'string' ? model : model.model.files.name;
  return path
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1)!;
};

/** TRL names its own functions bare, or by their module. */
const builtIn = (name: string) => builtInRewards[name.replace(/^trl\.rewards\./, '')];

/**
 * Finds the rewards. The name of a function is `module.function`: what `module.mjs` or `module.js` exports, from the
 * working directory, as TRL imports `module.py`; so one recipe names both.
 * @throws AttuneError `reward-unknown`, `reward-module-missing`, `reward-module-broken`, `reward-elsewhere`, `missing-key`
 */
export async function findRewards(
  { rewardFuncs, rewardModelNameOrPath: model }: RewardOptions,
  setup: Pick<TrainerSetup, 'progress'>,
): Promise<FoundRewards> {
  const sources = listOf(rewardFuncs);
  if (sources.length === 0 && model == null) {
    throw new AttuneError(
      'missing-key',
      'There is neither a reward function nor a reward model.',
      'Name functions in reward_funcs, a reward model in reward_model_name_or_path, or a recording in rollouts.',
    );
  }
  const named: NamedReward[] = [];
  for (const source of sources) named.push(await namedReward(source));
  const loaded: LoadedModel[] = [];
  return {
    async load(gpu) {
      if (model == null) return named;
      const reward = typeof model === 'string' ? await loadRewardModel(model, gpu, setup) : model;
      if (typeof model === 'string') loaded.push(reward);
      return [{ name: modelName(model), score: scoreWith(reward) }, ...named];
    },
    destroy() {
      for (const reward of loaded.splice(0)) reward.destroy();
    },
  };
}

async function namedReward(source: RewardSource): Promise<NamedReward> {
  if (typeof source === 'function') return { name: source.name || 'reward', score: source };
  if (typeof source === 'string') return builtIn(source) ?? fromModule(source);
  if (typeof source?.score === 'function' && typeof source.name === 'string') return source;
  throw new AttuneError(
    'reward-unknown',
    `rewardFuncs holds ${JSON.stringify(source) ?? String(source)}, which is no reward function.`,
    'Give functions ({ completions }) => [numbers], { name, score }, or names.',
  );
}

async function fromModule(name: string): Promise<NamedReward> {
  const bare = name.replace(/^trl\.rewards\./, '');
  if (elsewhere.includes(bare)) {
    throw new AttuneError(
      'reward-elsewhere',
      `${name} reads mathematics with a Python library and is not here.`,
      'Write a function of your own, or run this recipe with trl.',
    );
  }
  const at = name.lastIndexOf('.');
  if (at < 1) {
    const known = Object.keys(builtInRewards);
    const near = nearest(name, known);
    throw new AttuneError(
      'reward-unknown',
      `There is no reward function ${name}${near ? `; did you mean ${near}?` : '.'}`,
      `Name ${known.join(' or ')}, or module.function: a function that module.mjs of the working directory exports.`,
    );
  }
  const [path, wanted] = [name.slice(0, at).replaceAll('.', '/'), name.slice(at + 1)];
  const { file, found } = await moduleOf(name, path, wanted);
  const score = found[wanted];
  if (typeof score === 'function') return { name: wanted, score: score as RewardFunction };
  throw new AttuneError(
    'reward-unknown',
    `${file} exports no function ${wanted}; it exports ${Object.keys(found).join(', ') || 'nothing'}.`,
    `Write export function ${wanted}({ completions }) { … } in it.`,
  );
}

/** What `path`.mjs or .js of the working directory exports. */
async function moduleOf(name: string, path: string, wanted: string) {
  const process = globalThis.process;
  const [fs, paths, url] = [
    process?.getBuiltinModule?.('node:fs'),
    process?.getBuiltinModule?.('node:path'),
    process?.getBuiltinModule?.('node:url'),
  ];
  const file =
    fs && ['.mjs', '.js'].map((end) => paths!.resolve(path + end)).find((f) => fs.existsSync(f));
  if (!file) {
    throw new AttuneError(
      'reward-module-missing',
      `${name} wants ${path}.mjs or ${path}.js in the working directory, and neither is there${fs?.existsSync(`${path}.py`) ? ` (${path}.py is for trl)` : ''}.`,
      `Write export function ${wanted}({ completions }) { return completions.map(…) } there: a number for each completion.`,
    );
  }
  const short = paths!.basename(file);
  try {
    // Not a literal: bundlers would look for it.
    const href = url!.pathToFileURL(file).href;
    return {
      file: short,
      found: (await import(/* @vite-ignore */ href)) as Record<string, unknown>,
    };
  } catch (error) {
    throw new AttuneError(
      'reward-module-broken',
      `${short} could not be loaded: ${error instanceof Error ? error.message : error}`,
      `Try it alone: node ${short}.`,
      { cause: error },
    );
  }
}

/** A reward model on the device of the policy: an adapter of attune reward names its base. */
async function loadRewardModel(
  path: string,
  gpu: Gpu,
  { progress }: Pick<TrainerSetup, 'progress'>,
): Promise<LoadedModel> {
  const base = await baseOf(path);
  const opened = await findModel(base ?? path, { progress });
  const adapter = base === undefined ? undefined : path;
  const model = await rewardModelOf(opened, adapter);
  return loadModel(model, { adapter, gpu, progress });
}

/** The base model that an adapter's config names; undefined where the path is no adapter. */
async function baseOf(path: string): Promise<string | undefined> {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const config = `${path.replace(/[\\/]+$/, '')}/adapter_config.json`;
  if (!fs?.existsSync(config)) return undefined;
  const { base_model_name_or_path: base } = JSON.parse(fs.readFileSync(config, 'utf8')) as {
    base_model_name_or_path?: unknown;
  };
  if (typeof base === 'string' && base) return base;
  throw new AttuneError(
    'missing-key',
    `${config} names no base_model_name_or_path.`,
    'Write there which model the adapter belongs to, or merge it: attune merge.',
  );
}

/** A reward model as a reward function. */
function scoreWith(model: LoadedModel): RewardFunction {
  return async ({ prompts, completions }) => {
    const { tokenizer } = model;
    const rows = prompts.map((prompt, i) => {
      const completion = completions[i];
      if (typeof prompt === 'string') {
        return tokenizer.encode(prompt + completion, { addSpecialTokens: false });
      }
      const messages = [...(prompt as ChatMessage[]), ...(completion as ChatMessage[])];
      return tokenizer.encodeChat(messages).ids;
    });
    return [...(await model.scores(rows, (i) => `Completion ${i + 1}`))];
  };
}
