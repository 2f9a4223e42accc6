import type { Phrase } from '../phrase';

export const title: Phrase = {
  en: 'Train language models where your data is',
  zh: '数据在哪里，就在哪里训练语言模型',
};

export const lead: Phrase = {
  en: 'Attune fine-tunes and aligns language models on WebGPU: hand-written kernels and TypeScript trainers, in a browser tab, in Node, in Deno. No Python, no server; nothing leaves the machine.',
  zh: 'Attune 用 WebGPU 微调和对齐语言模型：手写的内核，TypeScript 的训练器，在浏览器标签页、Node 和 Deno 里运行。没有 Python，没有服务器，数据不离开本机。',
};

export const doors: readonly { to: string; name: Phrase; about: Phrase }[] = [
  {
    to: '/docs/',
    name: { en: 'Learn', zh: '学习' },
    about: {
      en: 'The three stages, from the map of the field to the formula, the kernel and its test. Every figure computes.',
      zh: '三个阶段：从全景图到公式、内核和测试。每张图都是现算的。',
    },
  },
  {
    to: '/kernels/',
    name: { en: 'Read the kernels', zh: '读内核' },
    about: {
      en: 'Plain WGSL, one folder an operation, each held to a float64 reference on your own adapter.',
      zh: '纯 WGSL，每种运算一个文件夹，都能在你自己的适配器上与 float64 参考实现对照。',
    },
  },
  {
    to: '/studio/',
    name: { en: 'Use it here', zh: '就在这里用' },
    about: {
      en: 'Studio: your rows, LoRA or all parameters, an adapter for PEFT and llama.cpp. Nothing is uploaded.',
      zh: '工作台：你的数据，LoRA 或全部参数，得到可用于 PEFT 和 llama.cpp 的适配器。什么也不上传。',
    },
  },
  {
    to: '/docs/getting-started/',
    name: { en: 'Use it in code', zh: '在代码里用' },
    about: {
      en: 'Ten lines in Node, a worker or a bundler; the command line with TRL’s recipes.',
      zh: '在 Node、worker 或打包工具里只要十行；命令行沿用 TRL 的配方。',
    },
  },
  {
    to: '/bench/',
    name: { en: 'Measure', zh: '测量' },
    about: {
      en: 'Kernels and a whole step on your GPU, against its own peak.',
      zh: '在你的 GPU 上给内核和完整的训练步计时，与它自己的峰值对照。',
    },
  },
];

export const facts: readonly Phrase[] = [
  {
    en: 'Every kernel is held to a float64 reference, every gradient to finite differences, on two WebGPU implementations and several adapters.',
    zh: '每个内核都与 float64 参考实现对照，每个梯度都与有限差分对照，覆盖两种 WebGPU 实现和多种适配器。',
  },
  {
    en: 'Fine-tuning is held to recorded runs of TRL: the loss and gradient norm of every step equal theirs within 1e-5.',
    zh: '微调与 TRL 的录制结果对照：每一步的损失和梯度范数与之相差不超过 1e-5。',
  },
  {
    en: 'Recipes use TRL’s keys and adapters are PEFT’s files, so work moves both ways.',
    zh: '配方使用 TRL 的键名，适配器就是 PEFT 的文件，工作可以双向迁移。',
  },
  {
    en: 'It works without a GPU: a software adapter computes on the CPU, slowly, and the page says so.',
    zh: '没有 GPU 也能用：由软件适配器在 CPU 上计算，慢一些，页面会说明。',
  },
];
