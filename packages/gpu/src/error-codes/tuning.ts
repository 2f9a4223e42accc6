import type { Explanations } from './explanation.ts';

/** Adapters, and what trains. */
export const tuning = {
  'adapter-missing': {
    en: ['A folder holds no adapter.', 'Name the folder with adapter_config.json and adapter_model.safetensors.'],
    zh: ['文件夹里没有适配器。', '给出含 adapter_config.json 和 adapter_model.safetensors 的文件夹。'],
  },
  'bad-adapter-config': {
    en: ['adapter_config.json is damaged, or says what no adapter has.', 'Point to the folder that PEFT wrote.'],
    zh: ['adapter_config.json 已损坏，或写了适配器不会有的内容。', '指向 PEFT 写出的文件夹。'],
  },
  'bad-tuned-files': {
    en: ['The files that were chosen are no adapter and no model.', 'Choose adapter_config.json and its safetensors together.'],
    zh: ['所选文件既不是适配器也不是模型。', '同时选择 adapter_config.json 和它的 safetensors。'],
  },
  'unsupported-adapter': {
    en: ['An adapter in a format, or of a kind, that this use does not take.', 'Save it as safetensors; use it beside its base model.'],
    zh: ['适配器的格式或种类不适合这个用途。', '存为 safetensors；与基座模型一起使用。'],
  },
  'unsupported-peft-type': {
    en: ['A way to tune that is not computed here.', 'Use one of those that the message lists.'],
    zh: ['这里没有实现的微调方法。', '使用消息列出的方法。'],
  },
  'no-target-modules': {
    en: ['target_modules names nothing that the model has.', 'Use names that the message lists, or all-linear.'],
    zh: ['target_modules 在模型里没有对应的模块。', '使用消息列出的名字，或 all-linear。'],
  },
  'bad-target-modules': {
    en: ['target_modules names what cannot be adapted, or a pattern that is not read as Python reads it.', 'Give a list of module names.'],
    zh: ['target_modules 指向了不能适配的模块，或写法与 Python 的理解不同。', '给出模块名的列表。'],
  },
  'no-modules-to-save': {
    en: ['modules_to_save names a module that the model does not have.', 'Use a name of the model, such as lm_head.'],
    zh: ['modules_to_save 指向了模型没有的模块。', '使用模型里的名字，例如 lm_head。'],
  },
  'tied-tensors-differ': {
    en: ['Two tensors that should be one have different numbers.', 'Set ensure_weight_tying to false, and name both in modules_to_save.'],
    zh: ['本应相同的两个张量数值不同。', '把 ensure_weight_tying 设为 false，并在 modules_to_save 里写上两者。'],
  },
  'encoder-missing': {
    en: ['The virtual tokens came without the encoder that made them.', 'Start from a folder that Attune left, or begin anew.'],
    zh: ['只有虚拟词元，没有生成它们的编码器。', '从 Attune 留下的文件夹开始，或重新训练。'],
  },
  'encoder-differs': {
    en: ['The encoder makes other virtual tokens than those beside it.', 'Remove it, or put the one beside that made them.'],
    zh: ['编码器生成的虚拟词元与旁边的不同。', '去掉它，或换成生成它们的那个。'],
  },
  'no-virtual-tokens': {
    en: ['A batch was not made for the virtual tokens of its model.', 'Use the adapter in a command that takes virtual tokens.'],
    zh: ['批次没有为模型的虚拟词元准备。', '在支持虚拟词元的命令里使用这个适配器。'],
  },
  'nothing-to-train': {
    en: ['No tensor would train.', 'Choose target modules that the model has, or train all parameters.'],
    zh: ['没有任何张量参与训练。', '选择模型里有的目标模块，或训练全部参数。'],
  },
  'nothing-trained': {
    en: ['After a step no trained weight has changed.', 'Check the masks, the rewards, and that the learning rate is not zero.'],
    zh: ['一步之后，参与训练的权重没有任何改变。', '检查掩码、奖励，并确认学习率不为零。'],
  },
  'loss-not-finite': {
    en: ['The loss or a gradient is NaN or infinite; the step was not applied.', 'Lower the learning rate, clip gradients, or look at the rows of the step.'],
    zh: ['损失或梯度为 NaN 或无穷；这一步没有生效。', '降低学习率、裁剪梯度，或检查这一步的数据。'],
  },
  'checkpoint-missing': {
    en: ['There is no checkpoint, or it was not finished.', 'Name a checkpoint-N folder, or begin anew.'],
    zh: ['没有检查点，或检查点没有写完。', '给出 checkpoint-N 文件夹，或重新开始。'],
  },
  'checkpoint-corrupt': {
    en: ['A checkpoint is not as it was written.', 'Go on from an earlier one.'],
    zh: ['检查点与写出时不同。', '从更早的检查点继续。'],
  },
  'checkpoint-mismatch': {
    en: ['A checkpoint belongs to another model or other settings.', 'Resume with those that the run was started with.'],
    zh: ['检查点属于另一个模型或另一套设置。', '用开始训练时的设置续训。'],
  },
  'checkpoint-newer': {
    en: ['A checkpoint was written by a newer version.', 'Use that version, or a newer one.'],
    zh: ['检查点由更新的版本写出。', '使用那个版本或更新的版本。'],
  },
} satisfies Explanations;
