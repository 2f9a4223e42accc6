import { byteSize, type Dtype, rowUnit } from '@attune/kernels';
import type { ExpectedTensor, ModelConfig } from '../config/config.ts';
import { blueprintOf, expectedTensors, modulesOf } from '../families/families.ts';
import type { WeightSource } from '../files/weights.ts';

/** Linear layers that read the same input: one product computes them side by side. */
export interface Stack {
  /** The module path that stands for all of them. */
  readonly path: string;
  /** The layers' own paths, in the order of their outputs. */
  readonly parts: readonly string[];
}

/** The stacks that a model's layers allow. */
export function stacksOf(config: ModelConfig): Stack[] {
  return blueprintOf(config).blocks.flatMap(({ attention, feedForward }) =>
    [attention, feedForward]
      .filter(({ inputs }) => inputs.length > 1)
      .map(({ stack, inputs }) => ({ path: stack, parts: inputs.map(({ path }) => path) })),
  );
}

/** The format of each frozen matrix that is not held as f32, by name. */
export type WeightFormats = ReadonlyMap<string, Dtype>;

/** How a model's weights lie on the device: all networks that share a store share it. */
export interface WeightLayout {
  readonly formats: WeightFormats;
  /** Layers whose weights lie in one tensor, by the stack's path. */
  readonly stacks: ReadonlyMap<string, Stack>;
  /** Tables that one binding does not hold: the rows of each of their parts, the last of which may have fewer. */
  readonly splits?: ReadonlyMap<string, number>;
}

/** Every tensor by itself, in f32. */
export const plainLayout: WeightLayout = { formats: new Map(), stacks: new Map() };

/** Formats of files that kernels read as they are. */
const kept: Readonly<Record<string, Dtype>> = {
  ...{ F16: 'f16', BF16: 'bf16' },
  ...{ Q8_0: 'q8_0', Q4_0: 'q4_0', Q4_1: 'q4_1', Q4_K: 'q4_k' },
};

/**
 * The layout for weights of a file. Matrices stay as the file has them where kernels can read that: they turn
 * them into float32 as they read. The others (norms, formats that kernels do not know, rows that are no whole
 * blocks) become f32. Layers that read the same input are stacked where all have one format, the stack fits into
 * `maxBytes`, and `joins` (what is trained) has nothing against it. Embedding table and output layer lie in parts where
 * they are larger than that.
 */
export function weightLayout(
  config: ModelConfig,
  weights: WeightSource,
  {
    joins = () => true,
    maxBytes = Number.POSITIVE_INFINITY,
  }: { joins?: (stack: Stack) => boolean; maxBytes?: number } = {},
): WeightLayout {
  const formats = new Map<string, Dtype>();
  const shapes = new Map([...expectedTensors(config)].map(({ name, shape }) => [name, shape]));
  for (const { path, kind, role, in: width, out } of modulesOf(config)) {
    const name = `${path}.weight`;
    if (kind === 'norm' || role === 'positions' || role === 'score' || !weights.has(name)) continue;
    const dtype = kept[weights.info(name).dtype];
    const row = kind === 'embedding' ? out : width;
    if (dtype && row % rowUnit(dtype) === 0) formats.set(name, dtype);
  }
  const stacks = new Map<string, Stack>();
  for (const stack of stacksOf(config)) {
    const [first, ...rest] = stack.parts.map((path) => formats.get(`${path}.weight`));
    if (rest.some((format) => format !== first) || !joins(stack)) continue;
    const shape = stackShape(stack, 'weight', shapes)!;
    // In f32, as it would be trained.
    if (byteSize({ shape, dtype: 'f32' }) > maxBytes) continue;
    stacks.set(stack.path, stack);
    if (first) formats.set(`${stack.path}.weight`, first);
  }
  const splits = new Map<string, number>();
  for (const { path, role } of modulesOf(config)) {
    if (role !== 'tokens' && role !== 'output') continue;
    const name = `${path}.weight`;
    const rows = partRows(shapes.get(name)!, formats.get(name) ?? 'f32', maxBytes);
    if (rows !== undefined) splits.set(name, rows);
  }
  return { formats, stacks, ...(splits.size > 0 && { splits }) };
}

/** Rows of each part of a matrix that takes more than `maxBytes`: even shares, of whole groups of 64. */
function partRows(shape: readonly number[], dtype: Dtype, maxBytes: number): number | undefined {
  const [rows, width] = shape as [number, number];
  if (byteSize({ shape, dtype }) <= maxBytes) return undefined;
  const most = Math.floor(maxBytes / byteSize({ shape: [64, width], dtype })) * 64;
  if (most === 0) return undefined;
  return Math.ceil(rows / Math.ceil(rows / most) / 64) * 64;
}

/** The shape of a stack's weight or bias; undefined where its layers have none. */
export function stackShape(
  { parts }: Stack,
  kind: 'weight' | 'bias',
  shapes: ReadonlyMap<string, readonly number[]>,
): number[] | undefined {
  const all = parts.map((path) => shapes.get(`${path}.${kind}`));
  if (!all[0]) return undefined;
  return [all.reduce((sum, shape) => sum + shape![0]!, 0), ...all[0].slice(1)];
}

/** A tensor on the device, and the tensors of the file of which it is made: one, or those of a stack in their order. */
export interface LaidTensor extends ExpectedTensor {
  readonly from: readonly string[];
  /** The model has the matrix the other way round, [in, out]. */
  readonly transposed?: boolean;
  /** The first row of the model's matrix, where this is a part of it. */
  readonly first?: number;
}

/** Where a part of a table lies. */
export const partName = (name: string, part: number) => `${name}.part${part}`;

/** The tensors of a model as `stacks` lay them; every linear layer's matrix is [out, in]. */
export function* laidTensors(
  config: ModelConfig,
  { stacks, splits }: Pick<WeightLayout, 'stacks' | 'splits'>,
): Generator<LaidTensor> {
  const tensors = [...expectedTensors(config)];
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const turned = new Set(modulesOf(config).flatMap((m) => (m.transposed ? [m.path] : [])));
  const stackOf = new Map(
    [...stacks.values()].flatMap((stack) => stack.parts.map((path) => [path, stack])),
  );
  for (const tensor of tensors) {
    const [, path, kind] = /^(.*)\.(weight|bias)$/.exec(tensor.name)!;
    const stack = stackOf.get(path!);
    const from = [tensor.name];
    const size = splits?.get(tensor.name);
    if (size !== undefined) {
      const [rows, width] = tensor.shape as [number, number];
      for (let first = 0, part = 0; first < rows; first += size, part++) {
        const shape = [Math.min(size, rows - first), width];
        yield { name: partName(tensor.name, part), shape, from, first };
      }
      continue;
    }
    if (turned.has(path!) && kind === 'weight') {
      yield { ...tensor, shape: tensor.shape.toReversed(), from, transposed: true };
    } else if (!stack) yield { ...tensor, from };
    else if (path === stack.parts[0]) {
      yield {
        name: `${stack.path}.${kind}`,
        shape: stackShape(stack, kind as 'weight' | 'bias', shapes)!,
        from: stack.parts.map((part) => `${part}.${kind}`),
      };
    }
  }
}
