/** WebGPU calls of one stretch of work. */
export interface Calls {
  dispatches: number;
  submits: number;
  buffers: number;
  bindGroups: number;
}

/** Owners and names of the methods counted under each name. */
const counted = {
  dispatches: [
    ['GPUComputePassEncoder', 'dispatchWorkgroups'],
    ['GPUComputePassEncoder', 'dispatchWorkgroupsIndirect'],
  ],
  submits: [['GPUQueue', 'submit']],
  buffers: [['GPUDevice', 'createBuffer']],
  bindGroups: [['GPUDevice', 'createBindGroup']],
} as const satisfies Record<keyof Calls, readonly (readonly [string, string])[]>;

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Calls `work`, and counts what it and all libraries of this process ask of WebGPU meanwhile. */
export async function countCalls(work: () => Promise<unknown>): Promise<Calls> {
  const calls: Calls = { dispatches: 0, submits: 0, buffers: 0, bindGroups: 0 };
  const restore: (() => void)[] = [];
  for (const [name, methods] of Object.entries(counted)) {
    for (const [owner, method] of methods) {
      const prototype = (globalThis as unknown as Record<string, { prototype: Methods }>)[owner]!
        .prototype;
      const original = prototype[method]!;
      prototype[method] = function (this: unknown, ...args) {
        calls[name as keyof Calls]++;
        return original.apply(this, args);
      };
      restore.push(() => {
        prototype[method] = original;
      });
    }
  }
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
  }
  return calls;
}
