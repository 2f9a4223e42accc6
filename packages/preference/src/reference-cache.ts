import { bytesFromMemory, readSafetensors, writeSafetensors } from '@attune/model';
import { diskFolder, type TrainerSetup } from '@attune/trainer';

/** Keeps log-probabilities of the reference model between runs; a key stands for rows, not for a model. */
export interface ReferenceCache {
  /** What was written under the key; undefined where nothing whole is there. */
  read(key: string): Promise<Float32Array | undefined>;
  write(key: string, logps: Float32Array): Promise<void>;
}

export interface ReferenceCacheOptions {
  /**
   * Where precomputed log-probabilities of the reference model are kept from run to run; null: nowhere. Default: the
   * folder attune/reference of the user's cache (Node, Deno), nowhere in browsers.
   */
  readonly referenceCache?: ReferenceCache | null;
}

/** The part of a trainer's setup that says which reference model it has. */
export type CacheSetup = Pick<TrainerSetup, 'model' | 'chosen' | 'log' | 'progress'>;

/** The cache of a run that keeps reference log-probabilities: the one that was given, or that on disk. */
export function referenceCacheOf(
  setup: CacheSetup,
  { referenceCache }: ReferenceCacheOptions,
): ReferenceCache | undefined {
  if (referenceCache !== undefined) return referenceCache ?? undefined;
  const folder = cacheFolder();
  return folder === undefined ? undefined : diskReferenceCache(folder, setup);
}

/** `$XDG_CACHE_HOME/attune/reference`; undefined in browsers, and in Deno without permission to look. */
function cacheFolder(): string | undefined {
  try {
    const { homedir } = process.getBuiltinModule('node:os');
    return `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/attune/reference`;
  } catch {
    return undefined;
  }
}

/**
 * Log-probabilities of this reference model in a folder, a file for each set of rows. The name has a digest of the
 * model (config, every weight, the adapter that goes on) and the key of the rows.
 */
export function diskReferenceCache(folder: string, setup: CacheSetup): ReferenceCache {
  let digest: Promise<string> | undefined;
  const nameOf = async (key: string) => {
    digest ??= digestOf(setup);
    return `${await digest}-${key.slice(0, 32)}.safetensors`;
  };
  return {
    async read(key) {
      const name = await nameOf(key);
      try {
        const bytes = await (await diskFolder(folder)).read(name);
        const file = `${folder}/${name}`;
        const logps = await (await readSafetensors(bytesFromMemory(bytes, file))).float32('logps');
        setup.log(`Reference log-probabilities: read from ${file}`);
        return logps;
      } catch {
        // Absent, or not whole: computed again, and written over.
        return undefined;
      }
    },
    async write(key, logps) {
      const data = new Uint8Array(logps.buffer, logps.byteOffset, logps.byteLength);
      const tensor = { name: 'logps', dtype: 'F32' as const, shape: [logps.length], data };
      try {
        await (await diskFolder(folder)).write(await nameOf(key), writeSafetensors([tensor]));
      } catch {
        setup.log(
          `${folder} cannot be written: the next run will compute the reference log-probabilities again.`,
        );
      }
    },
  };
}

async function digestOf({ model, chosen }: CacheSetup): Promise<string> {
  const { config, weights } = model;
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(JSON.stringify(config));
  for (const name of [...weights.names()].sort()) {
    hash
      .update(name)
      .update(JSON.stringify(weights.info(name)))
      .update(await weights.raw(name));
  }
  if (chosen.values) {
    hash.update(JSON.stringify(chosen.adapterConfig ?? {}));
    for (const [name, data] of chosen.values) {
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex').slice(0, 32);
}
