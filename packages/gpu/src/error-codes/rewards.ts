import type { Explanations } from './explanation.ts';

/** Rewards, scores, and recorded completions. */
export const rewards = {
  'no-rewards': {
    en: ['There is no reward function, or its completions are no longer the last ones.', 'Name functions in reward_funcs, or a reward model.'],
    zh: ['没有奖励函数，或所问的补全已不是最近的一批。', '在 reward_funcs 里写上函数，或给出奖励模型。'],
  },
  'reward-unknown': {
    en: ['There is no reward function of this name.', 'Name a built-in one, or module.function.'],
    zh: ['没有这个名字的奖励函数。', '使用内置的，或写成 模块.函数。'],
  },
  'reward-elsewhere': {
    en: ['A reward function of TRL that needs a Python library.', 'Write one of your own, or run the recipe with trl.'],
    zh: ['TRL 的这个奖励函数依赖 Python 库。', '自己写一个，或用 trl 运行这个配方。'],
  },
  'reward-module-missing': {
    en: ['The module of a reward function is not in the working directory.', 'Write it there; it exports the function.'],
    zh: ['奖励函数的模块不在工作目录里。', '在那里写一个导出该函数的模块。'],
  },
  'reward-module-broken': {
    en: ['The module of a reward function does not load.', 'Try it alone with node.'],
    zh: ['奖励函数的模块无法加载。', '单独用 node 试一下。'],
  },
  'reward-failed': {
    en: ['A reward function threw an error.', 'It is called with an object of lists: prompts, completions and the other columns.'],
    zh: ['奖励函数抛出了错误。', '调用时传入一个由列表组成的对象：提示、补全和其他列。'],
  },
  'reward-shape': {
    en: ['A reward function returned something else than one number a completion.', 'Return a list of numbers; null where there is no opinion.'],
    zh: ['奖励函数返回的不是每个补全一个数。', '返回数的列表；没有意见时写 null。'],
  },
  'score-not-finite': {
    en: ['A reward model gives NaN or infinity.', 'Check its weights; it may have been trained at too high a rate.'],
    zh: ['奖励模型给出 NaN 或无穷。', '检查它的权重；可能训练时学习率过高。'],
  },
  'prompts-too-few': {
    en: ['The prompts do not fill one generation batch.', 'Give more prompts, or a smaller batch.'],
    zh: ['提示不够一个生成批次。', '给更多的提示，或用更小的批次。'],
  },
  'rollout-malformed': {
    en: ['A recording of completions is not as it should be.', 'Write the file as the message says.'],
    zh: ['补全的录制文件格式不对。', '按消息所说的格式写。'],
  },
  'rollout-batch': {
    en: ['The completions do not fill whole generation batches.', 'Record as many as the batch size and steps_per_generation ask for.'],
    zh: ['补全的数量不能填满整个生成批次。', '按批次大小和 steps_per_generation 所要求的数量录制。'],
  },
  'rollout-group': {
    en: ['Completions of one group have different prompts.', 'Write the completions to one prompt one after the other.'],
    zh: ['同一组的补全有不同的提示。', '把同一提示的补全连续写在一起。'],
  },
  'rollout-rewards': {
    en: ['A recorded completion has more or fewer rewards than there are functions.', 'Write one number, or null, for each function.'],
    zh: ['录制的补全的奖励数与函数数不符。', '每个函数写一个数或 null。'],
  },
  'rollout-too-long': {
    en: ['A recorded completion is longer than max_completion_length or the model allows.', 'Raise max_completion_length to what the recording was made with.'],
    zh: ['录制的补全超过了 max_completion_length 或模型的长度。', '把 max_completion_length 提高到录制时的值。'],
  },
  'rollouts-exhausted': {
    en: ['The recording ends before the run does.', 'Lower max_steps, or record more.'],
    zh: ['录制的内容在训练结束前用完。', '降低 max_steps，或录制更多。'],
  },
} satisfies Explanations;
