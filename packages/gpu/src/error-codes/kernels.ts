import type { Explanations } from './explanation.ts';

/** Operations, graphs and plans. */
export const kernels = {
  'wrong-shape': {
    en: ['A tensor has another shape than what it is used for, or than the config of its model says.', 'Give the shapes that the message names; take weights and config of one model.'],
    zh: ['张量的形状与用途不符，或与模型配置所写的不符。', '使用消息里写的形状；权重和配置取自同一个模型。'],
  },
  'missing-input': {
    en: ['An operation was not given an input that its options ask for.', 'Pass the input that the message names.'],
    zh: ['算子缺少其选项所要求的输入。', '传入消息里写的输入。'],
  },
  'bad-kernel': {
    en: ['A kernel is recorded or preprocessed in a way that cannot be run.', 'Mend the kernel or its wrapper at the place that is named.'],
    zh: ['内核的记录或预处理方式使它无法运行。', '在消息指出的位置修改内核或它的封装。'],
  },
  'no-gradient': {
    en: ['The loss depends on an operation that has no gradient.', 'Use that operation outside of what is trained.'],
    zh: ['损失依赖一个没有梯度的算子。', '只在不参与训练的部分使用它。'],
  },
  'not-resident': {
    en: ['A plan uses a tensor that has no memory in the store.', 'Create it in the store before compiling the plan.'],
    zh: ['计划用到了在存储中没有内存的张量。', '在编译计划之前，先在存储中创建它。'],
  },
  'stale-plan': {
    en: ['The shared memory grew after this plan was bound.', 'Await plan.bind() before encoding.'],
    zh: ['计划绑定之后，共享内存又增大了。', '编码之前先等待 plan.bind()。'],
  },
  'too-many-reads': {
    en: ['Many results are still being read back.', 'Await earlier runs before starting new ones.'],
    zh: ['仍有许多结果在读回途中。', '先等待较早的运行，再开始新的。'],
  },
  'no-tangent': {
    en: ['An operation has no forward-mode rule.', 'Build the graph from operations that have one.'],
    zh: ['某个运算没有前向模式规则。', '用有该规则的运算构建计算图。'],
  },
  'not-finite': {
    en: ['A number that must be finite is not.', 'Check weights and data; lower the learning rate.'],
    zh: ['必须有限的数不是有限的。', '检查权重和数据；降低学习率。'],
  },
} satisfies Explanations;
