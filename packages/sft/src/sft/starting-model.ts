import {
  folderFromPath,
  freshWeights,
  type OpenModel,
  openTokenizer,
  parseConfig,
  readJson,
} from '@attune/model';
import { findModel, type ModelSource } from '@attune/trainer';

type Options = Parameters<typeof findModel>[1] & {
  /** Fresh weights in place of the model's own; null: where the folder has none. */
  readonly fromScratch: boolean | null;
  readonly seed: number;
  readonly log: (line: string) => void;
};

/** The model to start from: its own weights, or fresh ones. */
export async function startingModel(source: ModelSource, options: Options): Promise<OpenModel> {
  const bare = options.fromScratch === false ? undefined : await withoutWeights(source);
  if (bare) return fresh(bare, options);
  const model = await findModel(source, options);
  return options.fromScratch === true ? fresh(model, options) : model;
}

/** A folder with config and tokenizer but no weights. */
async function withoutWeights(
  source: ModelSource,
): Promise<Omit<OpenModel, 'weights'> | undefined> {
  const files = typeof source === 'string' ? await folderFromPath(source).catch(() => {}) : source;
  if (!files || !('list' in files)) return undefined;
  const names = await files.list();
  if (!names.includes('config.json')) return undefined;
  if (names.some((name) => /\.(safetensors|gguf)$/i.test(name))) return undefined;
  const rawConfig = await readJson(files, 'config.json');
  const tokenizer = await openTokenizer(files);
  const config = parseConfig(rawConfig, `${files.name}/config.json`);
  return { config, rawConfig, files, tokenizer };
}

function fresh(model: Omit<OpenModel, 'weights'>, { seed, log }: Options): OpenModel {
  log(`From scratch: fresh weights of seed ${seed}.`);
  const { config, rawConfig, files, tokenizer, generationConfig } = model;
  const weights = freshWeights(config, seed);
  return {
    config,
    rawConfig,
    files,
    tokenizer,
    weights,
    ...(generationConfig && { generationConfig }),
  };
}
