import { AttuneError } from '@attune/gpu';
import { isPattern, matches, splitsOfFiles } from './data-files.ts';
import { nodeFiles, unreadable } from './source.ts';

/**
 * The files of each split in a folder: one that `save_to_disk` wrote (a data set, or several by split),
 * or one of data files, by the rules of {@link splitsOfFiles}. Paths need Node, Deno or Bun.
 *
 * @throws AttuneError `data-missing`, `data-folder-empty`, `data-unreadable`
 */
export function folderSplits(path: string): Map<string, string[]> {
  const folder = path.replace(/[/\\]+$/, '') || path;
  const names = listOf(folder);
  if (names.includes('dataset_dict.json')) {
    const { splits } = json(`${folder}/dataset_dict.json`) as { splits?: unknown };
    const list = Array.isArray(splits) ? splits.map(String) : [];
    return new Map(list.map((split) => [split, savedFiles(`${folder}/${split}`)]));
  }
  if (names.includes('state.json')) return new Map([['train', savedFiles(folder)]]);
  const splits = splitsOfFiles(names);
  if (splits.size === 0) {
    const shown = names.slice(0, 8).join(', ') || 'nothing';
    throw new AttuneError(
      'data-folder-empty',
      `The folder ${path} holds no data files; it holds ${shown}${names.length > 8 ? ', …' : ''}.`,
      'Name a folder with JSONL, JSON, CSV, Parquet or Arrow files, or one that save_to_disk wrote.',
    );
  }
  return new Map(
    [...splits].map(([split, files]) => [split, files.map((file) => `${folder}/${file}`)]),
  );
}

/** The files of one split of a folder. @throws AttuneError `data-split-missing` and those of folderSplits */
export function folderFiles(path: string, split = 'train'): string[] {
  const splits = folderSplits(path);
  const found = splits.get(split);
  if (found) return found;
  throw new AttuneError(
    'data-split-missing',
    `The folder ${path} has no split ${split}; it has ${[...splits.keys()].join(', ')}.`,
    'Name one of them: dataset_train_split, dataset_test_split.',
  );
}

/** The paths that a path with `*` stands for. @throws AttuneError `data-missing` */
export function expandPattern(path: string): string[] {
  const fixed = path.slice(0, path.search(/[*?[]/));
  const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1);
  const rest = path.slice(folder.length);
  const found = listOf(folder === '' ? '.' : folder)
    .filter((name) => matches(name, rest))
    .sort();
  if (found.length > 0) return found.map((name) => folder + name);
  throw new AttuneError(
    'data-missing',
    `No file is called ${path}.`,
    'Check the pattern; it is taken relative to the working directory.',
  );
}

/** Whether a path is a folder; a path with `*` that is no file is a pattern. */
export function kindOfPath(path: string): 'file' | 'folder' | 'pattern' {
  const stat = nodeFiles().statSync(path, { throwIfNoEntry: false });
  if (!stat) return isPattern(path) ? 'pattern' : 'file';
  return stat.isDirectory() ? 'folder' : 'file';
}

/** The Arrow files of a data set that save_to_disk wrote, in their order. */
function savedFiles(folder: string): string[] {
  const { _data_files: files } = json(`${folder}/state.json`) as { _data_files?: unknown };
  const names = (Array.isArray(files) ? files : []).map((file) => String(file?.filename));
  if (names.every((name) => /^[^/\\]+$/.test(name)))
    return names.map((name) => `${folder}/${name}`);
  throw new AttuneError(
    'data-unreadable',
    `${folder}/state.json names files outside its folder.`,
    'Save the data set again with save_to_disk.',
  );
}

function json(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(nodeFiles().readFileSync(path, 'utf8'));
    return (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Files below a folder, with `/` between the parts of their names. */
function listOf(folder: string): string[] {
  const { join, relative } = process.getBuiltinModule('node:path');
  try {
    return nodeFiles()
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}
