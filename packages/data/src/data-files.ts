import { AttuneError } from '@attune/gpu';
import { isDataFile, unpackedName } from './format.ts';

/** An entry of `configs` in the card of a data set (README.md): which files are which split. */
export interface DataFilesConfig {
  config_name?: string;
  /** A pattern or several, or one entry a split. */
  data_files?: string | (string | { split: string; path: string | string[] })[];
  data_dir?: string;
  default?: boolean;
}

export interface DataFilesOptions {
  /** What the card says. */
  configs?: readonly DataFilesConfig[] | undefined;
  /** Which of several configurations: the `name` of `load_dataset`. */
  name?: string | undefined;
  /** Only files below this folder. */
  dataDir?: string | undefined;
}

const keywords: Record<string, string[]> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

const edge = '[-._ 0-9]';

/**
 * The files of each split among the names of a folder or repository, by the rules of
 * `datasets.load_dataset`: what the card says; else `data/train-00000-of-00001.…`; else folders, then
 * files, whose names hold train, validation, test or their like; else all are the split train. Of files
 * in several formats the commonest is taken.
 *
 * @throws AttuneError `data-config-unknown`, `data-files-missing`
 * @see https://huggingface.co/docs/hub/datasets-file-names-and-splits
 */
export function splitsOfFiles(
  names: readonly string[],
  { configs, name, dataDir }: DataFilesOptions = {},
): Map<string, string[]> {
  const config = chooseConfig(configs ?? [], name);
  const folder = (dataDir ?? config?.data_dir ?? '').replace(/^\.?\/|\/+$/g, '');
  const there = names
    .filter((file) => isDataFile(file) && !ignored(file))
    .filter((file) => folder === '' || file.startsWith(`${folder}/`))
    .sort();
  if (config?.data_files !== undefined) return byPatterns(there, config.data_files, folder);
  return byNames(commonest(there));
}

const describing = ['config.json', 'dataset_info.json', 'dataset_infos.json', 'dataset_dict.json'];

const ignored = (file: string): boolean =>
  file.split('/').some((part) => part.startsWith('.') || part.startsWith('__')) ||
  [...describing, 'state.json'].includes(file.slice(file.lastIndexOf('/') + 1));

function chooseConfig(
  configs: readonly DataFilesConfig[],
  name: string | undefined,
): DataFilesConfig | undefined {
  if (configs.length === 0 && name === undefined) return undefined;
  const called = (config: DataFilesConfig) => config.config_name ?? 'default';
  const found =
    name === undefined
      ? configs.length === 1
        ? configs[0]
        : (configs.find((config) => config.default) ??
          configs.find((config) => called(config) === 'default'))
      : configs.find((config) => called(config) === name);
  if (found || (name === 'default' && configs.length === 0)) return found;
  const known = configs.map(called).join(', ') || 'only one';
  throw new AttuneError(
    'data-config-unknown',
    name === undefined
      ? `The data set has several configurations: ${known}.`
      : `The data set has no configuration ${name}; it has ${known}.`,
    'Name one of them: in a recipe, `name` of the entry of `datasets`.',
  );
}

function byPatterns(
  names: readonly string[],
  files: NonNullable<DataFilesConfig['data_files']>,
  folder: string,
): Map<string, string[]> {
  const splits = new Map<string, string[]>();
  for (const entry of [files].flat()) {
    const [split, paths] = typeof entry === 'string' ? ['train', entry] : [entry.split, entry.path];
    const patterns = [paths].flat().map((path) => (folder ? `${folder}/${path}` : path));
    const found = patterns.flatMap((pattern) => names.filter((file) => matches(file, pattern)));
    if (found.length === 0) {
      throw new AttuneError(
        'data-files-missing',
        `No file is called ${patterns.join(' or ')}, which the card of the data set names as its split ${split}.`,
        'Choose another configuration, or name the files.',
      );
    }
    splits.set(split, [...new Set([...(splits.get(split) ?? []), ...found])]);
  }
  return splits;
}

function byNames(names: readonly string[]): Map<string, string[]> {
  const sharded = group(names, (file) => /^data\/(\w+)-\d{5}-of-\d{5}.*\./.exec(file)?.[1]);
  if (sharded.size > 0) return sharded;
  const keywordOf = (holds: (keyword: string) => boolean): string | undefined =>
    Object.keys(keywords).find((split) => keywords[split]!.some(holds));
  const byFolder = group(names, (file) => {
    const folders = file.split('/').slice(0, -1);
    return keywordOf((word) => {
      const pattern = new RegExp(`(^|${edge})${word}($|${edge})`);
      return folders.some((part) => pattern.test(part));
    });
  });
  if (byFolder.size > 0) return byFolder;
  const byFile = group(names, (file) =>
    keywordOf((word) =>
      new RegExp(`(^|${edge})${word}${edge}`).test(file.slice(file.lastIndexOf('/') + 1)),
    ),
  );
  if (byFile.size > 0) return byFile;
  return names.length > 0 ? new Map([['train', [...names]]]) : new Map();
}

/** Names by what a rule calls them, the known splits first. */
function group(
  names: readonly string[],
  rule: (name: string) => string | undefined,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    const split = rule(name);
    if (split !== undefined) found.set(split, [...(found.get(split) ?? []), name]);
  }
  const order = [...Object.keys(keywords).filter((split) => found.has(split)), ...found.keys()];
  return new Map(order.map((split) => [split, found.get(split)!]));
}

/** Files of the ending that most of them have; Parquet, where two are as common. */
function commonest(names: readonly string[]): string[] {
  const endings = group(names, (name) => /\.(\w+)$/.exec(unpackedName(name))?.[1]?.toLowerCase());
  const ranked = [...endings].sort(
    ([a, x], [b, y]) => y.length - x.length || Number(b === 'parquet') - Number(a === 'parquet'),
  );
  return ranked[0]?.[1] ?? [];
}

/** Whether a path is meant by a pattern: `*` within a folder, `**` across them, `?`, `[0-9]`. */
export function matches(path: string, pattern: string): boolean {
  const source = pattern
    .replace(/^\.\//, '')
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*|\?/g, (mark) =>
      mark === '**/' ? '(?:.*/)?' : mark === '**' ? '.*' : mark === '*' ? '[^/]*' : '[^/]',
    )
    .replace(/\[!/g, '[^');
  return new RegExp(`^${source}$`).test(path);
}

/** Whether a path is a pattern. */
export const isPattern = (path: string): boolean => /[*?[]/.test(path);
