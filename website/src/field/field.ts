import { type Phrase, same } from '../text';

/** A name of the field; without `to` its page is still to come. */
export interface Entry {
  readonly id: string;
  readonly name: Phrase;
  readonly to?: string;
}

export interface Group {
  readonly id: string;
  readonly name: Phrase;
  readonly entries: readonly Entry[];
}

/** The field by its own names: stages, what is trained, the parts of RLHF, the algorithms. */
export const field: readonly Group[] = [
  {
    id: 'stage',
    name: { en: 'Stage', zh: '阶段' },
    entries: [
      { id: 'pretraining', name: { en: 'Pretraining', zh: '预训练' }, to: '/docs/pretraining/' },
      { id: 'sft', name: { en: 'Supervised fine-tuning', zh: '监督微调' }, to: '/docs/sft/' },
      {
        id: 'rlhf',
        name: { en: 'RLHF, preference learning', zh: 'RLHF、偏好学习' },
        to: '/docs/reward-models/',
      },
    ],
  },
  {
    id: 'trained',
    name: { en: 'What is trained', zh: '训练哪些参数' },
    entries: [
      { id: 'full', name: { en: 'All parameters', zh: '全部参数' }, to: '/docs/full-or-peft/' },
      { id: 'lora', name: same('LoRA'), to: '/docs/lora/' },
      { id: 'prefix', name: same('Prefix Tuning'), to: '/docs/prefix-tuning/' },
      { id: 'prompt', name: same('Prompt Tuning'), to: '/docs/prompt-tuning/' },
      { id: 'p-tuning', name: same('P-Tuning'), to: '/docs/p-tuning/' },
      { id: 'adapter', name: same('Adapter'), to: '/docs/bottleneck-adapters/' },
      { id: 'bitfit', name: same('BitFit'), to: '/docs/bitfit/' },
    ],
  },
  {
    id: 'part',
    name: { en: 'Parts of RLHF', zh: 'RLHF 的组成' },
    entries: [
      { id: 'policy', name: { en: 'Policy', zh: '策略' }, to: '/docs/dpo/' },
      {
        id: 'reference',
        name: { en: 'Reference model', zh: '参考模型' },
        to: '/docs/dpo/#reference',
      },
      { id: 'reward', name: { en: 'Reward model', zh: '奖励模型' }, to: '/docs/reward-models/' },
      { id: 'value', name: { en: 'Value model', zh: '价值模型' }, to: '/docs/value-models/' },
    ],
  },
  {
    id: 'algorithm',
    name: { en: 'Algorithm', zh: '算法' },
    entries: [
      { id: 'trpo', name: same('TRPO') },
      {
        id: 'ppo',
        name: { en: 'PPO: the clipped loss', zh: 'PPO：截断损失' },
        to: '/kernels/losses/ppo-clip/',
      },
      { id: 'dpo', name: same('DPO'), to: '/docs/dpo/' },
      { id: 'ipo', name: same('IPO'), to: '/docs/ipo/' },
      { id: 'kto', name: same('KTO'), to: '/docs/kto/' },
      { id: 'orpo', name: same('ORPO'), to: '/docs/orpo/' },
      { id: 'cpo', name: same('CPO, SimPO, AlphaPO'), to: '/docs/simpo/' },
      { id: 'grpo', name: same('GRPO'), to: '/docs/grpo/' },
      { id: 'rloo', name: same('RLOO'), to: '/docs/rloo/' },
    ],
  },
];
