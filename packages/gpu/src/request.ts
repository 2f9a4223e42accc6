import {
  asChoice,
  type DeviceChoice,
  type FindAdapter,
  type FoundAdapter,
  noGpu,
  softwareNote,
} from './choice.ts';
import { AttuneError } from './error.ts';
import { type Gpu, makeGpu } from './gpu.ts';
import { firstLine } from './state.ts';
import { adapterLabel, isSoftware, runtimeName } from './traits.ts';

export type { DeviceChoice };

export interface GpuOptions {
  /** Default: the environment variable ATTUNE_DEVICE, else `auto`. */
  device?: DeviceChoice;
  powerPreference?: GPUPowerPreference;
  /** `false` leaves a feature out although the adapter has it, to test what replaces it. */
  features?: { f16?: boolean; subgroups?: boolean };
  /** Takes each of the notes as it is written. */
  log?: (line: string) => void;
}

/**
 * Asks for a WebGPU device with all that its adapter can give: its real limits, and f16, subgroups and
 * timestamps when there. The same call in a page, a worker, Node (npm package `webgpu`) and Deno.
 * With no GPU on Linux a software adapter computes, and `notes` says so.
 *
 * @throws AttuneError `no-gpu`, `no-webgpu`, `no-swiftshader`, `unknown-device`
 * @example
 * const gpu = await requestGpu();
 * console.log(gpu.adapter.description, gpu.notes);
 */
export async function requestGpu(options: GpuOptions = {}): Promise<Gpu> {
  const runtime = runtimeName();
  const choice = options.device
    ? asChoice(options.device, 'The device asked for')
    : asChoice(fromEnvironment(runtime), 'The environment variable ATTUNE_DEVICE');
  const find = await finders[runtime]();
  const power = options.powerPreference ?? 'high-performance';
  const found = await find(choice, { powerPreference: power });
  const device = await requestDevice(found, options.features ?? {});
  const { info, notes, backend } = found;
  for (const line of notes) options.log?.(line);
  return makeGpu(device, { info, notes, backend, owned: true });
}

const finders: Record<string, () => Promise<FindAdapter>> = {
  // Relative imports: a page's bundle gets them as chunks of their own that it never loads.
  node: async () => (await import('./node/dawn.ts')).findAdapter,
  deno: async () => (await import('./node/deno.ts')).findAdapter,
  browser: async () => findInBrowser,
};

function fromEnvironment(runtime: string): string | undefined {
  if (runtime === 'browser') return undefined;
  try {
    return process.env.ATTUNE_DEVICE;
  } catch {
    return undefined; // Deno without --allow-env
  }
}

async function findInBrowser(
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  if (!globalThis.navigator?.gpu) {
    throw globalThis.isSecureContext === false
      ? noGpu(
          'WebGPU is offered to secure pages only, and this one is not.',
          'Open it over https, or from localhost.',
        )
      : noGpu(
          'This browser has no WebGPU.',
          'Use a current Chrome, Edge, Safari 26 or Firefox; on Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.',
        );
  }
  const adapter = await navigator.gpu.requestAdapter(options);
  if (!adapter) {
    throw noGpu(
      'This browser has WebGPU, but offers no adapter.',
      'Update the graphics driver, or start Chrome with --enable-unsafe-webgpu to compute on the CPU.',
    );
  }
  const older = adapter as { isFallbackAdapter?: boolean };
  const info = adapter.info ?? {};
  const software = isSoftware(info) || older.isFallbackAdapter === true;
  if (choice === 'gpu' && software) {
    throw noGpu(
      `This browser offers only ${adapterLabel(info)}, a software adapter.`,
      'Turn on hardware acceleration in its settings.',
    );
  }
  return { adapter, info, notes: software ? [softwareNote(adapterLabel(info), false)] : [] };
}

/** An adapter gives one device and is spent, so each call comes with a fresh one. */
async function requestDevice(
  { adapter, info }: FoundAdapter,
  wanted: { f16?: boolean; subgroups?: boolean },
): Promise<GPUDevice> {
  const features: GPUFeatureName[] = ['timestamp-query'];
  if (wanted.f16 !== false) features.push('shader-f16');
  if (wanted.subgroups !== false) features.push('subgroups');
  try {
    return await adapter.requestDevice({
      label: 'attune',
      requiredFeatures: features.filter((name) => adapter.features.has(name)),
      requiredLimits: realLimits(adapter.limits),
    });
  } catch (error) {
    throw new AttuneError(
      'no-gpu',
      `${adapterLabel(info)} gave no device: ${firstLine((error as Error).message)}`,
      'Close other programs that use the GPU, and update its driver.',
      { cause: error },
    );
  }
}

/** Their names are accessors of the prototype; a limit that an implementation lists but lacks is undefined. */
function realLimits(limits: GPUSupportedLimits): Record<string, number> {
  const real: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === 'number' && /^(max|min)[A-Z]/.test(name) && !/Subgroup/.test(name)) {
      real[name] = value;
    }
  }
  return real;
}
