import type { Gpu } from '@attune/gpu';
import {
  type MatmulChoices,
  matmulVariants,
  rememberMatmulChoices,
  tuneMatmul,
} from '@attune/kernels';

/** Keeps a text between runs; both may fail, and nothing is lost then but the time of tuning. */
export interface TuningStore {
  read(): Promise<string>;
  write(text: string): Promise<void>;
}

const fileName = 'tuning.json';

/** The user's cache folder in Node and Deno, the origin's private file system in a browser. */
export function tuningStore(): TuningStore {
  if (typeof process !== 'undefined' && process.versions?.node) {
    const { mkdir, readFile, rename, writeFile } = process.getBuiltinModule('node:fs/promises');
    const { homedir } = process.getBuiltinModule('node:os');
    const folder = `${process.env.XDG_CACHE_HOME || `${homedir()}/.cache`}/attune`;
    const path = `${folder}/${fileName}`;
    return {
      read: () => readFile(path, 'utf8'),
      async write(text) {
        await mkdir(folder, { recursive: true });
        await writeFile(`${path}.${process.pid}`, text);
        await rename(`${path}.${process.pid}`, path);
      },
    };
  }
  const file = async (create: boolean) =>
    (await navigator.storage.getDirectory()).getFileHandle(fileName, { create });
  return {
    read: async () => (await (await file(false)).getFile()).text(),
    async write(text) {
      const stream = await (await file(true)).createWritable();
      await stream.write(text);
      await stream.close();
    },
  };
}

/**
 * Chooses the fastest matmul for this adapter and driver: measured at first use, for two seconds at most,
 * remembered from then on. Graphs that are built afterwards use the choice; results differ by rounding only.
 *
 * @returns the classes of products for which another variant than the built-in rule's is used
 * @example const gpu = await requestGpu(); await tuneKernels(gpu);
 */
export async function tuneKernels(
  gpu: Gpu,
  { store = tuningStore(), milliseconds = 2000 } = {},
): Promise<MatmulChoices> {
  const known = parse(await store.read().catch(() => ''));
  const key = adapterKey(gpu);
  const found = known[key];
  if (found) {
    rememberMatmulChoices(gpu.traits, found);
    return found;
  }
  const choices = await tuneMatmul(gpu, milliseconds);
  const text = JSON.stringify({ ...known, [key]: choices }, null, 2);
  await store.write(`${text}\n`).catch(() => {});
  return choices;
}

/** Adapter, driver and the variants that there were: any other combination is measured anew. */
function adapterKey({ adapter }: Gpu): string {
  const { vendor, architecture, description, runtime, backend } = adapter;
  const variants = matmulVariants.map(({ name }) => name).join(' ');
  return [vendor, architecture, description, runtime, backend, variants].join(' | ');
}

/** What was remembered; anything that does not look like it counts as nothing. */
function parse(text: string): Record<string, MatmulChoices> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
    const good = Object.entries(value).filter(
      ([, choices]) =>
        typeof choices === 'object' &&
        choices !== null &&
        Object.values(choices).every((name) => typeof name === 'string'),
    );
    return Object.fromEntries(good);
  } catch {
    return {};
  }
}
