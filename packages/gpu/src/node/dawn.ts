import { type DeviceChoice, type FoundAdapter, noGpu, softwareNote } from '../choice.ts';
import { AttuneError } from '../error.ts';
import { adapterLabel, isLavapipe, isSoftware, isSwiftShader } from '../traits.ts';
import { calmPolling } from './poll.ts';
import { unpackSwiftShader } from './swiftshader.ts';
import {
  driversChosen,
  lavapipeManifest,
  manifests,
  onlyDriver,
  preload,
  withEnvironment,
} from './vulkan.ts';

interface DawnModule {
  create(flags: string[]): GPU;
  globals: Record<string, unknown>;
}

/**
 * Dawn's instances. They must stay reachable: when one is collected, the process dies in the middle of
 * work with no JavaScript error. On globalThis, so that two copies of this module share them.
 */
const pinned = Symbol.for('attune.dawn');
const world = globalThis as { [pinned]?: Map<string, GPU> };
world[pinned] ??= new Map();
const instances = world[pinned];

/** Timestamps in nanoseconds instead of steps of 65 microseconds: nothing in this process is to be spied on. */
const flags = ['disable-dawn-features=timestamp_quantization'];

let turn: Promise<unknown> = Promise.resolve();

/** The adapter of `choice` in Node. Searches run one after the other: they set environment variables. */
export function findAdapter(
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  const found = turn.then(() => search(choice, options));
  turn = found.catch(() => {});
  return found;
}

async function search(
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  const dawn = await loadDawn();
  calmPolling();
  if (process.platform !== 'linux') return native(dawn, choice, options);
  if (choice === 'swiftshader') return swiftShader(dawn, options, true);
  if (choice === 'lavapipe') return lavapipe(dawn, options);
  const hasLoader = loadVulkan();
  if (hasLoader && (driversChosen() || manifests().length)) {
    const found = await ask(dawn, 'system', {}, options);
    if (found && !isSoftware(found.info)) return found;
    if (found && choice === 'auto') return noted(found, driversChosen());
  }
  if (choice === 'gpu') {
    throw noGpu(
      'No GPU with a Vulkan driver was found on this machine.',
      'Install its Vulkan driver, or use --device auto, which computes on the CPU.',
    );
  }
  return swiftShader(dawn, options, false);
}

async function native(
  dawn: DawnModule,
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  if (choice === 'lavapipe' || choice === 'swiftshader') {
    throw noGpu(
      `${choice} is a software adapter of Linux; this is ${process.platform}.`,
      'Use --device auto or gpu.',
    );
  }
  const found = await ask(dawn, 'system', {}, options);
  if (found && (choice === 'auto' || !isSoftware(found.info))) {
    return isSoftware(found.info) ? noted(found, false) : found;
  }
  throw noGpu('No GPU was found on this machine.', 'Update its graphics driver.');
}

async function swiftShader(
  dawn: DawnModule,
  options: GPURequestAdapterOptions,
  asked: boolean,
): Promise<FoundAdapter> {
  const { loader, manifest } = unpackSwiftShader();
  if (!loadVulkan()) preload(loader);
  const found = await ask(dawn, 'swiftshader', onlyDriver(manifest), options);
  if (found && isSwiftShader(found.info)) return noted(found, asked);
  throw notTheOne('SwiftShader', found);
}

async function lavapipe(
  dawn: DawnModule,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  const manifest = lavapipeManifest();
  if (!manifest) {
    throw noGpu(
      'lavapipe is not installed: there is no lvp_icd*.json among the Vulkan drivers.',
      'Install Mesa 24 or newer (mesa-vulkan-drivers), or use --device swiftshader.',
    );
  }
  loadVulkan();
  const found = await ask(dawn, 'lavapipe', onlyDriver(manifest), options);
  if (found && isLavapipe(found.info)) return noted(found, true);
  throw notTheOne('lavapipe', found);
}

/** Loads the system's Vulkan loader, or else the one that comes with SwiftShader, which serves any driver. */
function loadVulkan(): boolean {
  if (preload('libvulkan.so.1')) return true;
  try {
    return preload(unpackSwiftShader().loader);
  } catch {
    return false;
  }
}

async function ask(
  dawn: DawnModule,
  key: string,
  variables: Record<string, string>,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter | undefined> {
  const adapter = await withEnvironment(variables, async () => {
    const gpu = instances.get(key) ?? dawn.create(flags);
    instances.set(key, gpu);
    return gpu.requestAdapter(options);
  });
  if (!adapter) return undefined;
  const backend = { linux: 'vulkan', darwin: 'metal', win32: 'd3d12' }[process.platform as string];
  return { adapter, info: adapter.info, notes: [], ...(backend ? { backend } : {}) };
}

const noted = (found: FoundAdapter, asked: boolean): FoundAdapter => ({
  ...found,
  notes: [softwareNote(adapterLabel(found.info), asked)],
});

function notTheOne(wanted: string, found: FoundAdapter | undefined): AttuneError {
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  const got = found ? `Vulkan gave ${adapterLabel(found.info)} instead` : 'Vulkan gave no adapter';
  return noGpu(
    `${wanted} was wanted, but ${got}.`,
    isMainThread
      ? wanted === 'lavapipe'
        ? 'Dawn needs Mesa 24 or newer; use --device swiftshader.'
        : 'Run `attune doctor` and report what it prints.'
      : "A worker's environment does not reach Vulkan: start it with `new Worker(file, { env: SHARE_ENV })`.",
  );
}

async function loadDawn(): Promise<DawnModule> {
  const name = 'webgpu';
  let dawn: DawnModule;
  try {
    dawn = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND';
    throw new AttuneError(
      'no-webgpu',
      missing
        ? 'Node has no WebGPU of its own, and the npm package webgpu (Dawn) is not installed.'
        : `The npm package webgpu (Dawn) does not load here: ${message.split('\n')[0]}`,
      missing
        ? 'Run: npm install webgpu'
        : 'It needs macOS, Windows or a Linux with glibc, on x64 or arm64.',
      { cause: error },
    );
  }
  // Names such as GPUBufferUsage, which a browser has; what is there already stays.
  for (const [key, value] of Object.entries(dawn.globals)) {
    if (!(key in globalThis)) {
      Object.defineProperty(globalThis, key, { value, writable: true, configurable: true });
    }
  }
  return dawn;
}
