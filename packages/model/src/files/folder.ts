import { AttuneError } from '@attune/gpu';
import {
  type ByteSource,
  bytesFromBlob,
  bytesFromMemory,
  bytesFromPath,
  nodeFiles,
  readText,
  unreadable,
} from './bytes.ts';

/** The files of one model, wherever they lie. Names are plain: no folders inside. */
export interface ModelFolder {
  readonly name: string;
  /** Where it lies for other programs, if it lies in a file system. */
  readonly path?: string;
  has(file: string): Promise<boolean>;
  /** @throws AttuneError `file-not-found`, `unsafe-file-name`, `file-unreadable` */
  open(file: string): Promise<ByteSource>;
  list(): Promise<string[]>;
  /** A folder inside, where this one can have any and has it. */
  subfolder?(name: string): Promise<ModelFolder | undefined>;
}

/** Refuses names that lead out of the folder: an index file is data from a stranger. */
export function checkFileName(file: string, folder: string): void {
  const control = [...file].some((c) => c < ' ');
  if (file !== '' && file !== '.' && file !== '..' && !/[/\\:]/.test(file) && !control) return;
  throw new AttuneError(
    'unsafe-file-name',
    `${folder} names a file ${JSON.stringify(file.slice(0, 200))}, which is not a plain file name.`,
    'Files of a model lie side by side in its folder; do not use this model if you did not make it.',
  );
}

/** A folder on disk (Node, Deno). */
export async function folderFromPath(path: string): Promise<ModelFolder> {
  const files = await nodeFiles();
  const list = async () => {
    const entries = await files.readdir(path).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
    return entries.sort();
  };
  await list();
  const join = (file: string) => `${path.replace(/[/\\]+$/, '')}/${file}`;
  return {
    name: path,
    path,
    list,
    has: async (file) => (await list()).includes(file),
    subfolder: async (name) =>
      (await list()).includes(name) ? folderFromPath(join(name)) : undefined,
    async open(file) {
      checkFileName(file, path);
      return bytesFromPath(join(file));
    },
  };
}

/** A folder of files that are in memory or were picked in a page, by name. */
export function folderFromFiles(
  files: ReadonlyMap<string, Blob | Uint8Array | ByteSource>,
  name = 'model',
): ModelFolder {
  return {
    name,
    list: async () => [...files.keys()].sort(),
    has: async (file) => files.has(file),
    async open(file) {
      checkFileName(file, name);
      const found = files.get(file);
      if (found === undefined) {
        throw new AttuneError(
          'file-not-found',
          `There is no ${file} in ${name}.`,
          'Add that file.',
        );
      }
      if (found instanceof Uint8Array) return bytesFromMemory(found, `${name}/${file}`);
      if (found instanceof Blob) return bytesFromBlob(found, `${name}/${file}`);
      return found;
    },
  };
}

/** Larger text files are not configs or tokenizers (Gemma 3's tokenizer.json has 33 MB). */
const LARGEST_JSON = 256 * 1024 * 1024;

/** A JSON file of the folder that holds an object. @throws AttuneError `invalid-json` and those of `open` */
export async function readJson(
  folder: ModelFolder,
  file: string,
): Promise<Record<string, unknown>> {
  const source = await folder.open(file);
  if (source.size > LARGEST_JSON) {
    throw new AttuneError(
      'file-too-large',
      `${source.name} has ${source.size} bytes; at most ${LARGEST_JSON} are read as JSON.`,
      'Check that this is the right file.',
    );
  }
  const text = await readText(source);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AttuneError(
      'invalid-json',
      `${source.name} is not JSON: ${why}`,
      'Download it again, or mend the place that is named.',
      { cause },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AttuneError(
      'invalid-json',
      `${source.name} holds ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not an object.`,
      'Check that this is the right file.',
    );
  }
  return value as Record<string, unknown>;
}
