import { AttuneError } from './error.ts';
import { type Device, deviceOf } from './gpu.ts';
import { firstLine, raceLoss, stateOf, throwPending } from './state.ts';

/** The file and the line there, both as people count, that a line of a shader's code comes from. */
export type LineOrigin = (
  line: number,
) => { readonly file: string; readonly line: number } | undefined;

/**
 * Compiles WGSL with one compute entry point, without blocking, once for each text and device.
 * Bindings are taken from the shader (`layout: 'auto'`).
 *
 * @param label names the kernel in errors and in GPU tools
 * @param origin of code put together from several files: errors name the file that the line stands in
 * @throws AttuneError `shader-compile` with the offending line; `device-lost`
 */
export function pipeline(
  of: Device,
  code: string,
  label: string,
  origin?: LineOrigin,
): Promise<GPUComputePipeline> {
  const device = deviceOf(of);
  const state = stateOf(device);
  const known = state.pipelines.get(code);
  if (known) return known;
  const made = raceLoss(device, compile(device, code, label, origin));
  state.pipelines.set(code, made);
  made.catch(() => state.pipelines.delete(code));
  return made;
}

async function compile(
  device: GPUDevice,
  code: string,
  label: string,
  origin: LineOrigin | undefined,
): Promise<GPUComputePipeline> {
  throwPending(stateOf(device));
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code, label });
  const invalid = device.popErrorScope();
  try {
    const compute = { module };
    const made = await device.createComputePipelineAsync({ label, layout: 'auto', compute });
    await invalid;
    return made;
  } catch (error) {
    if (stateOf(device).lostError) throw error;
    const reported = await invalid.catch(() => null);
    throw await compileError(module, code, label, origin, reported ?? (error as Error));
  }
}

async function compileError(
  module: GPUShaderModule,
  code: string,
  label: string,
  origin: LineOrigin | undefined,
  reported: { message: string },
): Promise<AttuneError> {
  const messages = await module.getCompilationInfo().then(
    (info) => info.messages.filter(({ type }) => type === 'error'),
    () => [],
  );
  const remedy =
    'Correct the shader; if it is one of Attune, please report it with the line above.';
  const [first] = messages;
  if (!first) {
    const text = firstLine(reported.message);
    return new AttuneError('shader-compile', `${label} does not compile: ${text}`, remedy);
  }
  const { lineNum, linePos } = first;
  const line = code.split('\n')[lineNum - 1]?.trimEnd() ?? '';
  // wgpu goes on with a drawing, and begins with the label.
  const said = firstLine(first.message).replace(/^Shader '.*?' parsing error: /, '');
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : '';
  const { file, line: at } = origin?.(lineNum) ?? { file: label, line: lineNum };
  const whose = file.startsWith(label) ? '' : ` (part of ${label})`;
  return new AttuneError(
    'shader-compile',
    `${file}:${at}:${linePos}: ${said}${more}${whose}\n${line}`,
    remedy,
  );
}
