import type { Explanations } from './explanation.ts';

/** Finding a device, its memory, and what it refuses. */
export const device = {
  'no-gpu': {
    en: ['No adapter that may be used gives a device.', 'Update the graphics driver, or let a software adapter compute.'],
    zh: ['没有可用的适配器能给出设备。', '更新显卡驱动，或让软件适配器来计算。'],
  },
  'no-webgpu': {
    en: ['This Node, Deno or browser has no WebGPU.', 'Node: npm install webgpu. Deno: version 2 or newer. Browsers: a recent one, over https or localhost.'],
    zh: ['这个 Node、Deno 或浏览器没有 WebGPU。', 'Node：npm install webgpu。Deno：2 或更新。浏览器：较新的版本，经 https 或 localhost 打开。'],
  },
  'no-swiftshader': {
    en: ['The software adapter SwiftShader is wanted, and cannot be found or unpacked.', 'Install @sparticuz/chromium, or Mesa for lavapipe.'],
    zh: ['需要软件适配器 SwiftShader，但找不到它或无法解包。', '安装 @sparticuz/chromium，或安装 Mesa 以使用 lavapipe。'],
  },
  'unknown-device': {
    en: ['The device is named by a word that is none of the choices.', 'Use auto, gpu, lavapipe or swiftshader.'],
    zh: ['设备的名字不在可选范围内。', '使用 auto、gpu、lavapipe 或 swiftshader。'],
  },
  'device-decided': {
    en: ['Deno chooses its adapter once a process, and another was asked for afterwards.', 'Start a new process for the other device.'],
    zh: ['Deno 在一个进程里只选择一次适配器，之后又要了另一个。', '为另一个设备启动新的进程。'],
  },
  'device-lost': {
    en: ['The driver was reset, memory ran out, a dispatch took too long, or the device was destroyed.', 'Ask for a new one with requestGpu; train in smaller batches if it happens again.'],
    zh: ['驱动重置、内存耗尽、一次调度耗时过长，或设备已被销毁。', '用 requestGpu 再要一个；如果再次发生，就用更小的批次训练。'],
  },
  'gpu-error': {
    en: ['WebGPU refused a call.', 'Check your own WebGPU code; if there is none, report it.'],
    zh: ['WebGPU 拒绝了一次调用。', '检查你自己的 WebGPU 代码；如果没有，请报告。'],
  },
  'out-of-memory': {
    en: ['What is asked for is more than the adapter or the machine gives.', 'Take smaller batches, shorter rows, gradient checkpointing, or a smaller or quantised model.'],
    zh: ['所要的内存超过了适配器或机器能给的。', '用更小的批次、更短的行、梯度检查点，或者更小的、量化的模型。'],
  },
  'tensor-too-large': {
    en: ['One tensor is larger than the adapter can bind at once.', 'Use a smaller model or vocabulary, or an adapter with larger buffers.'],
    zh: ['单个张量超过了适配器一次能绑定的大小。', '使用更小的模型或词表，或缓冲区更大的适配器。'],
  },
  'out-of-range': {
    en: ['Bytes outside a buffer were asked for, or the buffer cannot be read.', 'Read inside the buffer, and make it with COPY_SRC.'],
    zh: ['读取了缓冲区之外的字节，或缓冲区不可读。', '只在缓冲区内读取，创建时加上 COPY_SRC。'],
  },
  'bad-dispatch': {
    en: ['A number of workgroups that one dispatch cannot have.', 'Give a whole number from 0, and let each workgroup do more.'],
    zh: ['一次调度不能有这么多工作组。', '给出不小于 0 的整数，让每个工作组多做一些。'],
  },
  'shader-compile': {
    en: ['A shader does not compile; the message names file and line.', 'Mend the line; if the shader is one of ours, report it with the adapter.'],
    zh: ['着色器无法编译；消息里有文件和行号。', '修改那一行；如果是我们的着色器，请连同适配器一起报告。'],
  },
} satisfies Explanations;
