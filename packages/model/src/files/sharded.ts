import { AttuneError } from '@attune/gpu';
import { type ModelFolder, readJson } from './folder.ts';
import { readSafetensors, type SafetensorsFile } from './safetensors.ts';
import { unknownTensor, type WeightSource } from './weights.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** More shards than any model has: an index that names more is not one. */
const MOST_SHARDS = 10_000;

/**
 * The safetensors weights of a model folder: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` names; undefined when the folder has neither.
 * @throws AttuneError `invalid-index`, `unsafe-file-name`, `file-not-found` and those of `readSafetensors`
 */
export async function openSafetensors(folder: ModelFolder): Promise<WeightSource | undefined> {
  if (await folder.has(SINGLE)) return readSafetensors(await folder.open(SINGLE));
  if (await folder.has(INDEX)) return openShards(folder);
  return undefined;
}

async function openShards(folder: ModelFolder): Promise<WeightSource> {
  const fail = (what: string): never => {
    throw new AttuneError(
      'invalid-index',
      `${folder.name}/${INDEX}: ${what}.`,
      'Download the index and all shards again, from one revision of the model.',
    );
  };
  const map = (await readJson(folder, INDEX)).weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return fail('no weight_map');
  const entries = Object.entries(map);
  const names = new Set<string>();
  for (const [tensor, file] of entries) {
    if (typeof file !== 'string') return fail(`tensor ${tensor} is in no named file`);
    names.add(file);
  }
  if (names.size > MOST_SHARDS) return fail(`it names ${names.size} shards`);
  const shards = new Map<string, SafetensorsFile>();
  for (const file of names) shards.set(file, await readSafetensors(await folder.open(file)));

  const home = new Map<string, SafetensorsFile>();
  for (const [tensor, file] of entries) {
    const shard = shards.get(file as string)!;
    if (!shard.has(tensor)) return fail(`tensor ${tensor} is not in ${file}`);
    home.set(tensor, shard);
  }
  const find = (name: string): SafetensorsFile => {
    const shard = home.get(name);
    if (shard === undefined) throw unknownTensor(name, folder.name, home.keys());
    return shard;
  };
  return {
    names: () => [...home.keys()],
    has: (name) => home.has(name),
    info: (name) => find(name).info(name),
    float32: async (name) => find(name).float32(name),
    raw: async (name) => find(name).raw(name),
    float32Rows: async (name, ...rows) => find(name).float32Rows!(name, ...rows),
    rawRows: async (name, ...rows) => find(name).rawRows!(name, ...rows),
  };
}
