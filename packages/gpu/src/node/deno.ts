import { type DeviceChoice, type FoundAdapter, noGpu, softwareNote } from '../choice.ts';
import { AttuneError } from '../error.ts';
import { adapterLabel, isLavapipe, isSoftware, isSwiftShader } from '../traits.ts';
import { unpackSwiftShader } from './swiftshader.ts';
import { driversChosen, lavapipeManifest, manifests, onlyDriver } from './vulkan.ts';

/** wgpu creates its one Vulkan instance at the first request: what it offers then is all the process gets. */
let decided: DeviceChoice | undefined;

/** The adapter of `choice` in Deno, whose WebGPU is wgpu. Software adapters need --allow-env and --allow-ffi. */
export async function findAdapter(
  choice: DeviceChoice,
  options: GPURequestAdapterOptions,
): Promise<FoundAdapter> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    throw new AttuneError(
      'no-webgpu',
      'This Deno has no WebGPU.',
      'Take Deno 2 or newer, started with --unstable-webgpu where it asks for that.',
    );
  }
  if (decided && decided !== choice) {
    throw new AttuneError(
      'device-decided',
      `This process has already asked Deno for the device "${decided}"; "${choice}" cannot follow.`,
      'Start a new process for the other device.',
    );
  }
  const first = !decided;
  decided = choice;
  if (first && Deno.build.os === 'linux') prepareVulkan(choice);
  const adapter = await gpu.requestAdapter(options);
  const name = adapter ? adapterLabel(adapter.info) : 'no adapter';
  const fits =
    adapter &&
    {
      auto: true,
      gpu: !isSoftware(adapter.info),
      lavapipe: isLavapipe(adapter.info),
      swiftshader: isSwiftShader(adapter.info),
    }[choice];
  if (!fits) {
    throw noGpu(
      `Deno was asked for the device "${choice}" and offers ${name}.`,
      'Use ATTUNE_DEVICE=auto, and start Deno with --allow-env --allow-read --allow-write --allow-ffi.',
    );
  }
  const { info } = adapter;
  const notes = isSoftware(info) ? [softwareNote(name, choice !== 'auto')] : [];
  return { adapter, info, notes };
}

function prepareVulkan(choice: DeviceChoice): void {
  if (choice === 'gpu' || driversChosen()) return;
  if (choice === 'auto' && manifests().length && loads('libvulkan.so.1')) return;
  if (choice === 'lavapipe') {
    const manifest = lavapipeManifest();
    if (manifest) Object.assign(process.env, onlyDriver(manifest));
    return;
  }
  const { loader, manifest } = unpackSwiftShader();
  Object.assign(process.env, onlyDriver(manifest));
  if (!loads('libvulkan.so.1')) loads(loader);
}

/** A library opened here stays, and wgpu's own dlopen of the soname finds it. */
function loads(name: string): boolean {
  try {
    Deno.dlopen(name, {});
    return true;
  } catch {
    return false;
  }
}

declare const Deno: {
  build: { os: string };
  dlopen(name: string, symbols: object): unknown;
};
