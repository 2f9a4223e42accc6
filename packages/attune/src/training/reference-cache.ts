import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { bytesFromMemory, type OpenModel, readSafetensors, writeSafetensors } from '@attune/model';
import type { ReferenceCache } from '@attune/preference';
import type { Terminal } from '../command-line/terminal.ts';
import { writeWhole } from '../files.ts';
import type { ChosenMethod } from './method.ts';

/** Where log-probabilities of reference models are kept from run to run. */
function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'attune', 'reference');
}

/**
 * Log-probabilities of this reference model on disk, a file for each set of rows. The name holds a
 * digest of the model (config, every weight, the adapter that goes on) and the key of the rows (ids:
 * hence data, template and truncation).
 */
export function referenceCache(
  model: OpenModel,
  chosen: ChosenMethod,
  terminal: Terminal,
): ReferenceCache {
  const folder = cacheFolder();
  let digest: Promise<string> | undefined;
  const path = async (key: string) => {
    digest ??= digestOf(model, chosen);
    return join(folder, `${await digest}-${key.slice(0, 32)}.safetensors`);
  };
  return {
    async read(key) {
      const file = await path(key);
      try {
        const bytes = new Uint8Array(await readFile(file));
        const tensors = await readSafetensors(bytesFromMemory(bytes, file));
        const logps = await tensors.float32('logps');
        terminal.note(`Reference log-probabilities: ${file}`);
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
        await writeWhole(await path(key), writeSafetensors([tensor]));
      } catch {
        terminal.note(
          `${folder} cannot be written: the next run will compute the reference again.`,
        );
      }
    },
  };
}

async function digestOf({ config, weights }: OpenModel, chosen: ChosenMethod): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(config));
  for (const name of [...weights.names()].sort()) {
    hash
      .update(name)
      .update(JSON.stringify(weights.info(name)))
      .update(await weights.raw(name));
  }
  if (chosen.values) {
    hash.update(JSON.stringify(chosen.lora?.config ?? {}));
    for (const [name, data] of chosen.values) {
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex').slice(0, 32);
}
