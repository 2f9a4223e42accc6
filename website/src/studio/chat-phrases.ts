import { words } from '../live/words';
import type { Phrase } from '../phrase';

const endings = {
  stop: { en: 'It ended by itself.', zh: '自行结束。' },
  length: { en: 'Cut at the longest answer.', zh: '达到最长长度而截断。' },
  writing: { en: 'Writing …', zh: '正在生成…' },
  halted: words.stopped,
} satisfies Record<string, Phrase>;

export const phrases = {
  title: { en: '4. Chat: before and after', zh: '4. 对话：训练前与训练后' },
  what: {
    en: 'Both models hear the same message and answer side by side, each with its own conversation so far.',
    zh: '同一条消息同时发给两个模型，回答并排显示；两个模型各自保留自己的对话历史。',
  },
  base: { en: 'before: the base model', zh: '训练前：基座模型' },
  tuned: { en: 'after: tuned', zh: '训练后：微调模型' },
  byRun: { en: 'Tuned: the result of the training above.', zh: '微调模型：来自上面的训练结果。' },
  byFiles: { en: 'Tuned: the files that you chose.', zh: '微调模型：来自你选择的文件。' },
  baseOnly: {
    en: 'There is no tuned model yet: train above, or choose an adapter’s files. Until then the base answers alone.',
    zh: '还没有微调模型：请先在上面训练，或选择适配器文件。在此之前只有基座模型作答。',
  },
  alone: {
    en: 'Plain prompts have no turns: each message stands by itself.',
    zh: '纯文本提示没有轮次：每条消息单独发送。',
  },
  files: {
    en: 'A tuned model from elsewhere: adapter_config.json with adapter_model.safetensors (PEFT) or adapter.safetensors (AdapterHub), or model.safetensors',
    zh: '其他来源的微调模型：adapter_config.json 与 adapter_model.safetensors（PEFT）或 adapter.safetensors（AdapterHub），或者 model.safetensors',
  },
  rendering: { en: 'Messages become', zh: '消息的渲染方式' },
  template: { en: 'turns of the chat template', zh: '用聊天模板渲染为多轮对话' },
  plain: { en: 'the prompt as it is', zh: '原样作为提示' },
  temperature: { en: 'Temperature (0: the likeliest token)', zh: '温度（0：取概率最高的词元）' },
  maxNewTokens: { en: 'Longest answer (tokens)', zh: '最长回答（词元）' },
  seed: { en: 'Seed', zh: '随机种子' },
  log: { en: 'Conversation', zh: '对话' },
  message: {
    en: 'Your message (Enter sends, Shift+Enter begins a line)',
    zh: '你的消息（Enter 发送，Shift+Enter 换行）',
  },
  send: { en: 'Send', zh: '发送' },
  answering: { en: 'Answering …', zh: '正在回答…' },
  answered: { en: 'Answered.', zh: '回答完毕。' },
  anew: { en: 'New chat', zh: '新对话' },
  waiting: { en: 'Training is under way; the chat waits.', zh: '正在训练，对话需等待。' },
  hints: { en: 'Ask this:', zh: '可以这样问：' },
  tokens: { en: 'tokens', zh: '个词元' },
  endings,
};
