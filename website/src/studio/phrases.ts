import type { Phrase } from '../phrase';

export const phrases = {
  title: { en: 'Studio', zh: '工作台' },
  what: {
    en: 'Fine-tune a model on your own rows, in this page. Model, rows and adapter stay on this machine: the page sends none of them anywhere.',
    zh: '在本页用你自己的数据微调模型。模型、数据和适配器都留在本机：页面不会把它们发送到任何地方。',
  },
  model: { en: '1. Model', zh: '1. 模型' },
  embedded: { en: 'the embedded model (1.1 M parameters)', zh: '内置模型（110 万参数）' },
  local: {
    en: 'files of this machine: config.json, tokenizer files and model.safetensors, or one .gguf (Llama family)',
    zh: '本机文件：config.json、分词器文件和 model.safetensors，或一个 .gguf（Llama 系列）',
  },
  hub: {
    en: 'or a model of the Hugging Face hub: downloaded into this browser’s own storage, checked by size and digest',
    zh: '或 Hugging Face Hub 上的模型：下载到本浏览器自己的存储空间，按大小和摘要校验',
  },
  data: { en: '2. Rows', zh: '2. 数据' },
  rows: {
    en: 'JSONL, an object a line: prompt and completion, messages, or text. Paste, or drop a file here.',
    zh: 'JSONL，每行一个对象：prompt 与 completion、messages 或 text。可以粘贴，也可以把文件拖到这里。',
  },
  example: { en: 'Take the 720 questions of the instruction set', zh: '使用指令集的 720 个问题' },
  prompts: { en: 'Asked before and after, a line each', zh: '训练前后要问的，每行一个' },
  settings: { en: '3. Training', zh: '3. 训练' },
  batchSize: { en: 'Rows a step', zh: '每步行数' },
  maxLength: { en: 'Longest row (tokens)', zh: '最长行（词元）' },
  look: { en: 'Look first', zh: '先看一看' },
  pause: { en: 'Pause and save', zh: '暂停并保存' },
  resume: { en: 'Go on from step', zh: '从这一步继续：第' },
  trainedMark: { en: 'Marked tokens are trained.', zh: '标出的词元会被训练。' },
  needed: { en: 'needed in all', zh: '共需' },
  saved: {
    en: 'Saved every 20 steps in this browser; a reloaded page can go on.',
    zh: '每 20 步在浏览器里保存一次；重新加载页面后可以继续。',
  },
} satisfies Record<string, Phrase>;
