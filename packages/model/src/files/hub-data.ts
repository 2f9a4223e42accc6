import { type DataFilesConfig, type Source, splitsOfFiles } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { type HubOptions, openRepo } from './hub-repo.ts';

export interface HubDatasetOptions extends Omit<HubOptions, 'file'> {
  /** Which of several configurations: the `name` of `load_dataset`. */
  name?: string | undefined;
  /** Only files below this folder. */
  dataDir?: string | undefined;
}

/** A data set of the hub, of which splits are loaded when they are asked for. */
export interface HubDataset {
  readonly id: string;
  readonly commit: string;
  /** The files of each split. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
  /** Loads a split into the cache: its files as sources of rows. @throws AttuneError `data-split-missing` */
  download(split: string): Promise<Source[]>;
}

/**
 * A data set of the Hugging Face hub: JSONL, JSON, CSV, Parquet and Arrow files, by the splits of its card or of its
 * files' names, as `datasets.load_dataset` finds them; loaded as models are.
 *
 * @throws AttuneError `data-config-unknown`, `data-files-missing`, and those of `downloadModel`
 * @example const data = await openHubDataset('trl-lib/Capybara', { storage }); await prepareDataset(await data.download('train'), tokenizer);
 */
export async function openHubDataset(id: string, options: HubDatasetOptions): Promise<HubDataset> {
  const { storage, name, dataDir } = options;
  const repo = await openRepo('data set', id, options, async () => false);
  const configs = repo.card?.configs;
  const splits = splitsOfFiles(repo.names, {
    configs: Array.isArray(configs) ? (configs as DataFilesConfig[]) : undefined,
    name,
    dataDir,
  });
  if (splits.size === 0) {
    const script = repo.names.find((file) => /\.py$/.test(file));
    throw new AttuneError(
      'data-files-missing',
      `${id} has no JSONL, JSON, CSV, Parquet or Arrow files${script ? `, only ${script}, which runs code` : ''}.`,
      'Load it with Python and save it: load_dataset(…).to_json("rows.jsonl").',
    );
  }
  return {
    id,
    commit: repo.commit,
    splits,
    async download(split) {
      const files = splits.get(split);
      if (!files) {
        throw new AttuneError(
          'data-split-missing',
          `${id} has no split ${split}; it has ${[...splits.keys()].join(', ')}.`,
          'Name one of them: dataset_train_split, dataset_test_split.',
        );
      }
      const sources: Source[] = [];
      for (const file of files) {
        const at = await repo.get(file);
        sources.push(
          storage.path?.(at) ?? { ...(await storage.source(at)), name: `${id}/${file}` },
        );
      }
      await repo.settle();
      return sources;
    },
  };
}
