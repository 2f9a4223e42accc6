import { type Gpu, Timer } from '@attune/gpu';
import * as kernels from '@attune/kernels';
import {
  byteSize,
  type HostArrays,
  type Operation,
  prepare,
  type Recorder,
  Recording,
  runRecorded,
  type Tensor,
  type Tensors,
} from '@attune/kernels';
import { adamw } from './adamw';
import { clipGradients } from './clip-gradients';
import {
  accumulating,
  advancing,
  descending,
  mixing,
  writingCache,
  writingPrefix,
} from './in-place';
import type { Problem } from './live';
import { arraysOf, doubled, worstError } from './numbers';
import type { Checked, Computed, Computer } from './protocol';
import { quantised } from './quantised';
import { random } from './random';

/** An operation of a page; `upload` makes of the given inputs what the kernel reads. */
export type LiveOperation = Operation<Tensors, Tensors, unknown> & {
  upload?(inputs: HostArrays, options: unknown): HostArrays;
};

/** What is no operation of `@attune/kernels` by itself, made one for its page. */
const own: Record<string, LiveOperation> = {
  ...{ adamw, clipGradients, quantised, random },
  ...{ accumulate: accumulating, mix: mixing, sgd: descending },
  ...{ writeCache: writingCache, writePrefix: writingPrefix, advanceRows: advancing },
};

function operationOf({ operation }: Problem): LiveOperation {
  const found = { ...(kernels as unknown as Record<string, LiveOperation>), ...own }[operation];
  if (!found?.reference) throw new Error(`@attune/kernels has no operation ${operation}.`);
  return found;
}

export function computerOf({ adapter, traits }: Gpu): Computer {
  const { description, vendor, architecture } = adapter;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU';
  return { adapter: name, software: traits.software };
}

/** Gradients of outputs for the backward pass: ones, or drawn: not all alike, never all zero. */
function cotangents(outputs: HostArrays, ones: boolean): HostArrays {
  if (ones) {
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { shape, data }]) => [
        name,
        { shape, data: new Float32Array(data.length).fill(1) },
      ]),
    );
  }
  const inputs = Object.fromEntries(
    Object.entries(outputs).map(([name, { shape }], i) => [
      name,
      { shape, random: 1.4, seed: 31 + i },
    ]),
  );
  return arraysOf({ operation: '', inputs });
}

/** Float64 on the CPU: outputs, and gradients as `d_name`. */
export function truth(problem: Problem, inputs: HostArrays, ones: boolean) {
  const operation = operationOf(problem);
  const exact = doubled(inputs);
  const outputs = operation.reference.forward(exact, problem.options ?? {});
  const given = problem.gradients ? cotangents(outputs, ones) : {};
  const gradients = problem.gradients
    ? operation.reference.backward!(exact, doubled(given), problem.options ?? {})
    : {};
  const expected: HostArrays = { ...outputs };
  for (const name of problem.gradients ?? []) expected[`d_${name}`] = gradients[name]!;
  return { expected, given, names: Object.keys(outputs) };
}

export const uploaded = (problem: Problem, inputs: HostArrays) =>
  operationOf(problem).upload?.(inputs, problem.options ?? {}) ?? inputs;

/** Records forward and, where gradients are wanted, backward; returns the tensors to read. */
export function record(
  recorder: Recorder,
  problem: Problem,
  inputs: Record<string, Tensor>,
  given: Record<string, Tensor>,
  names: readonly string[],
): Record<string, Tensor | undefined> {
  const operation = operationOf(problem);
  const options = problem.options ?? {};
  const outputs = operation.forward(recorder, inputs, options);
  const found: Record<string, Tensor | undefined> = {};
  for (const name of names) found[name] = outputs[name];
  if (!problem.gradients) return found;
  const gradients = operation.backward!(recorder, {
    inputs,
    outputs,
    options,
    gradients: given,
    needs: Object.fromEntries(problem.gradients.map((name) => [name, true])),
    into: {},
  });
  for (const name of problem.gradients) found[`d_${name}`] = gradients[name];
  return found;
}

/** Runs on the adapter and reads everything back. */
function onAdapter(
  gpu: Gpu,
  problem: Problem,
  inputs: HostArrays,
  given: HostArrays,
  names: string[],
) {
  const all = { ...inputs };
  for (const [name, value] of Object.entries(given)) all[`given ${name}`] = value;
  return runRecorded(gpu.device, all, (recorder, tensors) =>
    record(
      recorder,
      problem,
      Object.fromEntries(Object.keys(inputs).map((name) => [name, tensors[name]!])),
      Object.fromEntries(Object.keys(given).map((name) => [name, tensors[`given ${name}`]!])),
      names,
    ),
  );
}

const plain = (arrays: HostArrays) =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, Array.from(data)]));

/** The outputs of a problem: by the adapter, or where there is none by the reference. */
export async function compute(gpu: Gpu | undefined, problem: Problem): Promise<Computed> {
  const inputs = arraysOf(problem);
  const { expected, given, names } = truth(problem, inputs, true);
  if (!gpu) return { adapter: 'float64', software: true, outputs: plain(expected) };
  const read = await onAdapter(gpu, problem, uploaded(problem, inputs), given, names);
  return { ...computerOf(gpu), outputs: plain(read) };
}

/** The kernel against its reference, then its time and traffic. */
export async function check(gpu: Gpu, problem: Problem): Promise<Checked> {
  const inputs = arraysOf(problem);
  const { expected, given, names } = truth(problem, inputs, false);
  const placed = uploaded(problem, inputs);
  const actual = await onAdapter(gpu, problem, placed, given, names);
  let error = 0;
  let where = names[0]!;
  for (const [name, array] of Object.entries(expected)) {
    const own = worstError(actual[name]!, array);
    if (own > error) [error, where] = [own, name];
  }
  return {
    ...computerOf(gpu),
    error,
    where,
    ...(await measure(gpu, problem, placed, given, names)),
  };
}

function dtypeOf(data: HostArrays[string]['data']) {
  if (data instanceof Uint32Array) return 'u32';
  return data instanceof Int32Array ? 'i32' : 'f32';
}

/** A tensor for each array. */
export function tensorsOf(recorder: Recorder, arrays: HostArrays): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      recorder.tensor(name, shape, dtypeOf(data)),
    ]),
  );
}

async function measure(
  gpu: Gpu,
  problem: Problem,
  inputs: HostArrays,
  given: HostArrays,
  names: string[],
) {
  const work = (recorder: Recorder) => {
    const own = tensorsOf(recorder, inputs);
    record(recorder, problem, own, tensorsOf(recorder, given), names);
    return own;
  };
  const recording = new Recording(gpu.traits);
  work(recording);
  const bytes = recording.calls
    .flatMap(({ tensors }) => Object.values(tensors))
    .reduce((sum, tensor) => sum + byteSize(tensor), 0);
  const prepared = await prepare(gpu.device, work);
  for (const [name, tensor] of Object.entries(prepared.tensors)) {
    const { data } = inputs[name]!;
    gpu.device.queue.writeBuffer(prepared.place(tensor).buffer, 0, data as BufferSource);
  }
  const timer = new Timer(gpu);
  for (let i = 0; i < 10; i++) {
    await timer.time(i ? 'run' : 'first', (pass) => prepared.encode(pass));
  }
  prepared.destroy();
  return {
    milliseconds: timer.median('run'),
    clock: timer.source,
    bytes,
    dispatches: recording.calls.length,
  };
}
