// onnxruntime-web: a product of matrices. It trains nothing.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A protocol buffer's field: a number, or bytes (text included). */
function field(id, value) {
  const varint = (n) => (n > 127 ? [(n & 127) | 128, ...varint(n >>> 7)] : [n]);
  if (typeof value === 'number') return [...varint(id << 3), ...varint(value)];
  const bytes = typeof value === 'string' ? [...new TextEncoder().encode(value)] : value;
  return [...varint((id << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** The ONNX file of c = a·b in f32, field by field as onnx.proto3 numbers them. */
function productModel([m, n, k]) {
  const float32 = 1;
  const value = (name, dims) => {
    const shape = dims.flatMap((size) => field(1, field(1, size)));
    return [...field(1, name), ...field(2, field(1, [...field(1, float32), ...field(2, shape)]))];
  };
  const node = [...field(1, 'a'), ...field(1, 'b'), ...field(2, 'c'), ...field(4, 'MatMul')];
  const graph = [
    ...field(1, node),
    ...field(2, 'product'),
    ...field(11, value('a', [m, k])),
    ...field(11, value('b', [k, n])),
    ...field(12, value('c', [m, n])),
  ];
  const opset = [...field(1, ''), ...field(2, 17)];
  return Uint8Array.from([...field(1, 8), ...field(7, graph), ...field(8, opset)]);
}

/**
 * The JSEP build, whose kernels are TypeScript's. The other build, with kernels in 27 MB of WebAssembly,
 * is no faster here, takes V8 half a minute at its first run, and asks Dawn for what it refuses in Node:
 * writes from a SharedArrayBuffer.
 */
export async function onnxruntime() {
  const require = createRequire(import.meta.url);
  const folder = `${pathToFileURL(dirname(require.resolve('onnxruntime-web'))).href}/`;
  const ort = await import(`${folder}ort.min.mjs`);
  ort.env.wasm.wasmPaths = folder;
  ort.env.wasm.numThreads = 1;
  return {
    name: 'onnxruntime-web 1.30.0',
    async product(a, b, size) {
      const [m, n, k] = size;
      const session = await ort.InferenceSession.create(productModel(size), {
        executionProviders: ['webgpu'],
        preferredOutputLocation: 'gpu-buffer',
      });
      const device = await ort.env.webgpu.device;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      const resident = (data, dims) => {
        const buffer = device.createBuffer({ size: data.byteLength, usage });
        device.queue.writeBuffer(buffer, 0, data);
        const tensor = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
        return { buffer, tensor };
      };
      const x = resident(a, [m, k]);
      const y = resident(b, [k, n]);
      const inputs = { a: x.tensor, b: y.tensor };
      let last;
      return {
        async run() {
          last?.dispose();
          last = (await session.run(inputs)).c;
          await device.queue.onSubmittedWorkDone();
        },
        result: async () => Float32Array.from(await last.getData()),
        dispose() {
          last.dispose();
          for (const { buffer } of [x, y]) buffer.destroy();
          session.release();
        },
      };
    },
  };
}
