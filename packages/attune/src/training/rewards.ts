import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Row } from '@attune/data';
import { AttuneError, type Gpu, nearest } from '@attune/gpu';
import { builtInRewards, type NamedReward, type RewardFunction } from '@attune/policy';
import { Scorer } from '@attune/reward';
import type { ChatMessage } from '@attune/tokenizer';
import type { Context } from '../command-line/command.ts';
import { usageError, type Values } from '../command-line/option.ts';
import { judgeOf } from '../judge.ts';
import { findModel, loadSession, type Session, tokenizerOf } from '../session.ts';

/** TRL's reward functions that need its Python library for mathematics. */
const elsewhere = ['accuracy_reward', 'reasoning_accuracy_reward'];

/** The judges that a recipe names; a trained one is loaded once the device is there. */
export interface Rewards {
  load(gpu: Gpu): Promise<readonly NamedReward[]>;
  destroy(): void;
}

/** Names in the log, in TRL's order: the trained judge first. */
export function rewardNames(values: Values): string[] {
  const judge = values.reward_model_name_or_path;
  const functions = (values.reward_funcs as string[] | null | undefined) ?? [];
  return [
    ...(judge == null ? [] : [judgeName(String(judge))]),
    ...functions.map((name) => builtIn(name)?.name ?? name.split('.').at(-1)!),
  ];
}

const judgeName = (path: string) => basename(path.replace(/[\\/]+$/, ''));

/** TRL names its own functions bare, or by their module. */
const builtIn = (name: string) => builtInRewards[name.replace(/^trl\.rewards\./, '')];

/**
 * Finds the judges. A function is `module.function`: what `module.mjs` or `module.js` exports, from the working
 * directory, as TRL imports `module.py`; so one recipe names both.
 * @throws AttuneError `reward-unknown`, `reward-module-missing`, `reward-module-broken`, `reward-elsewhere`, `missing-key`
 */
export async function rewardsOf(values: Values, context: Context): Promise<Rewards> {
  const functions = (values.reward_funcs as string[] | null | undefined) ?? [];
  const judge = values.reward_model_name_or_path;
  if (functions.length === 0 && judge == null) {
    throw usageError(
      'missing-key',
      'Nothing judges the completions.',
      'Name functions in reward_funcs, a trained judge in reward_model_name_or_path, or a recording in rollouts.',
    );
  }
  const named: NamedReward[] = [];
  for (const name of functions) named.push(builtIn(name) ?? (await fromModule(name)));
  const sessions: { destroy(): void }[] = [];
  return {
    async load(gpu) {
      if (judge == null) return named;
      const trained = await trainedJudge(String(judge), values, context, gpu);
      sessions.push(trained);
      return [trained.reward, ...named];
    },
    destroy() {
      for (const session of sessions.splice(0)) session.destroy();
    },
  };
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
  const file = ['.mjs', '.js'].map((ending) => resolve(path + ending)).find((f) => existsSync(f));
  if (!file) {
    throw new AttuneError(
      'reward-module-missing',
      `${name} wants ${path}.mjs or ${path}.js in the working directory, and neither is there${existsSync(`${path}.py`) ? ` (${path}.py is for trl)` : ''}.`,
      `Write export function ${wanted}({ completions }) { return completions.map(…) } there: a number a completion.`,
    );
  }
  const found = await moduleOf(file);
  const score = found[wanted];
  if (typeof score === 'function') return { name: wanted, score: score as RewardFunction };
  throw new AttuneError(
    'reward-unknown',
    `${basename(file)} exports no function ${wanted}; it exports ${Object.keys(found).join(', ') || 'nothing'}.`,
    `Write export function ${wanted}({ completions }) { … } in it.`,
  );
}

async function moduleOf(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new AttuneError(
      'reward-module-broken',
      `${basename(file)} could not be loaded: ${error instanceof Error ? error.message : error}`,
      `Try it alone: node ${basename(file)}.`,
      { cause: error },
    );
  }
}

/** A reward model as a function, on the device of the policy. */
async function trainedJudge(path: string, values: Values, context: Context, gpu: Gpu) {
  const { terminal } = context;
  const place = { ...values, ...(await basedOn(path)) };
  const opened = await findModel(place, terminal);
  const adapter = place.adapter_name_or_path as string | undefined;
  const model = await judgeOf(opened, adapter);
  const session: Session = await loadSession(place, terminal, model, gpu);
  const tokenizer = tokenizerOf(model);
  const scorer = new Scorer(session.executor, session.network, {
    padTokenId: model.config.padTokenId,
  });
  const score: RewardFunction = async ({ prompts, completions }) => {
    const texts = prompts.map((prompt, i) => {
      const completion = completions[i];
      if (typeof prompt === 'string') {
        return tokenizer.encode(prompt + completion, { addSpecialTokens: false });
      }
      const messages = [...(prompt as ChatMessage[]), ...(completion as ChatMessage[])];
      return tokenizer.encodeChat(messages).ids;
    });
    return [...(await scorer.score(texts, (i) => `Completion ${i + 1}`))];
  };
  return {
    reward: { name: judgeName(path), score },
    destroy() {
      scorer.destroy();
      session.destroy();
    },
  };
}

/** Where the judge's weights lie: an adapter of attune reward names its base. */
async function basedOn(path: string): Promise<Values> {
  const config = join(path, 'adapter_config.json');
  if (!existsSync(config)) {
    return { model_name_or_path: path, adapter_name_or_path: undefined };
  }
  const { base_model_name_or_path: base } = JSON.parse(await readFile(config, 'utf8')) as Row;
  if (typeof base === 'string' && base) {
    return { model_name_or_path: base, adapter_name_or_path: path };
  }
  throw new AttuneError(
    'missing-key',
    `${config} names no base_model_name_or_path.`,
    'Write there which model the adapter belongs to, or merge it: attune merge.',
  );
}
