import { AttuneError, type DeviceChoice, formatBytes, type Gpu, requestGpu } from '@attune/gpu';
import { forceMatmulVariant } from '@attune/kernels';
import {
  downloadModel,
  hubEnvironment,
  isHubId,
  type ModelFolder,
  nodeHubStorage,
  type OpenModel,
  openModel,
} from '@attune/model';
import { tuneKernels } from '@attune/plan';

/** A hub id, a folder or a GGUF file (paths: Node and Deno), files of a page, or a model that is open already. */
export type ModelSource = string | ModelFolder | Blob | OpenModel;

export interface FindModelOptions {
  /** Branch, tag or commit of a hub id. Default `main`. */
  readonly revision?: string;
  /** What is being loaded, as a line. */
  readonly progress?: (line: string) => void;
  /** What else the user should know, such as that an older copy is taken. */
  readonly log?: (line: string) => void;
}

/** The environment of the process; empty in pages, and in Deno without permission. */
export function environment(): Readonly<Record<string, string | undefined>> {
  try {
    return { ...globalThis.process?.env };
  } catch {
    return {};
  }
}

/** Opens a model, downloading it first where it is a hub id that is no path. */
export async function findModel(
  source: ModelSource,
  { revision = 'main', progress, log }: FindModelOptions = {},
): Promise<OpenModel> {
  if (isOpenModel(source)) return source;
  if (typeof source !== 'string') return openModel(source);
  if ((await isThere(source)) || !isHubId(source)) return openModel(source);
  const folder = await downloadModel(source, {
    storage: await nodeHubStorage(),
    revision,
    ...(await hubEnvironment(environment())),
    onNotice: (sentence) => log?.(sentence),
    onProgress: ({ file, done, total }: { file: string; done: number; total: number }) =>
      progress?.(`${file}: ${formatBytes(done)} of ${formatBytes(total)}`),
  });
  return openModel(folder);
}

async function isThere(path: string): Promise<boolean> {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!fs) return false;
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

function isOpenModel(source: ModelSource): source is OpenModel {
  if (typeof source === 'string') return false;
  if (source !== null && typeof source === 'object') {
    if ('weights' in source && 'config' in source) return true;
    if (source instanceof Blob || 'open' in source) return false;
  }
  throw new AttuneError(
    'not-a-model',
    `model is ${JSON.stringify(source) ?? String(source)}, which is no model.`,
    'Give a hub id, the path of a folder or a GGUF file, or what openModel resolved to.',
  );
}

export interface FindDeviceOptions {
  readonly device?: DeviceChoice;
  readonly log?: (line: string) => void;
}

/**
 * The WebGPU device; software adapters are named in the log. Its fastest matmul is measured at first use;
 * ATTUNE_MATMUL names one for every product that it can compute, or `rules` for the built-in choice.
 */
export async function findDevice({ device, log }: FindDeviceOptions = {}): Promise<Gpu> {
  const gpu = await requestGpu({ ...(device !== undefined && { device }), ...(log && { log }) });
  const wanted = environment().ATTUNE_MATMUL;
  if (!wanted) await tuneKernels(gpu);
  else if (wanted !== 'rules') forceMatmulVariant(wanted);
  return gpu;
}

/** Bytes that ATTUNE_MEMORY_LIMIT allows, or that the system still has where the "GPU" computes in it. */
export function memoryLimit({ traits }: Gpu): { name: string; total: number; left: number } {
  const set = Number(environment().ATTUNE_MEMORY_LIMIT);
  const none = Number.POSITIVE_INFINITY;
  if (set > 0) return { name: 'ATTUNE_MEMORY_LIMIT', total: set, left: none };
  const left = traits.software ? globalThis.process?.availableMemory?.() : undefined;
  return { name: 'this machine', total: none, left: left ?? none };
}
