import type { Explanations } from './explanation.ts';

/** Tokenizers and chat templates. */
export const text = {
  'missing-tokenizer': {
    en: ['The model came without a tokenizer.', 'Put its tokenizer.json beside the weights.'],
    zh: ['模型没有附带分词器。', '把它的 tokenizer.json 放在权重旁边。'],
  },
  'tokenizer-invalid': {
    en: ['The tokenizer is damaged, or is none.', 'Take the tokenizer files that came with the model.'],
    zh: ['分词器已损坏，或不是分词器。', '使用模型自带的分词器文件。'],
  },
  'tokenizer-unsupported': {
    en: ['A tokenizer of a kind that is not computed here.', 'Byte-pair, Unigram and WordPiece tokenizers work; give tokenizer.json beside a GGUF.'],
    zh: ['这种分词器在这里不能运行。', '可用的有 BPE、Unigram 和 WordPiece；GGUF 旁边请放 tokenizer.json。'],
  },
  'tokenizer-regex-refused': {
    en: ['A regular expression of the tokenizer could run for ever.', 'Take the tokenizer.json of the original model.'],
    zh: ['分词器里的正则表达式可能永远运行下去。', '使用原模型的 tokenizer.json。'],
  },
  'vocabulary-mismatch': {
    en: ['The tokenizer gives ids that the embedding does not have.', 'Take the tokenizer that belongs to the weights.'],
    zh: ['分词器给出的编号在嵌入中不存在。', '使用与权重配套的分词器。'],
  },
  'no-padding-token': {
    en: ['The tokenizer names neither a padding token nor an end of text.', 'Name eos_token in tokenizer_config.json.'],
    zh: ['分词器既没有填充词元，也没有文本结束词元。', '在 tokenizer_config.json 里写明 eos_token。'],
  },
  'offsets-unsupported': {
    en: ['Which tokens the assistant wrote cannot be known with this tokenizer.', 'Train without assistant_only_loss, or on prompt-completion rows.'],
    zh: ['用这个分词器无法得知哪些词元是助手写的。', '不用 assistant_only_loss，或用提示-补全数据训练。'],
  },
  'chat-template-missing': {
    en: ['Rows are conversations, and the model has no chat template.', 'Add a chat_template.jinja, or use a model tuned for chat.'],
    zh: ['数据是对话，而模型没有对话模板。', '加上 chat_template.jinja，或使用对话模型。'],
  },
  'chat-template-invalid': {
    en: ['The chat template cannot be read, or fails on a conversation.', 'Take the template that came with the model; check the fields of the messages.'],
    zh: ['对话模板无法读取，或在某段对话上出错。', '使用模型自带的模板；检查消息的字段。'],
  },
  'chat-template-refused': {
    en: ['The chat template refuses a conversation by its own rule.', 'Change the roles, their order, or the fields of the row.'],
    zh: ['对话模板按自己的规则拒绝了这段对话。', '修改角色、次序或这一行的字段。'],
  },
  'chat-template-runaway': {
    en: ['The chat template takes too many steps, or writes too much.', 'Take the template that came with the model, or shorten the conversation.'],
    zh: ['对话模板执行步数过多，或写出的内容过多。', '使用模型自带的模板，或缩短对话。'],
  },
  'chat-template-unmarked': {
    en: ['assistant_only_loss is set, and the template does not mark what the assistant wrote.', 'Put {% generation %} blocks into it, or use prompt-completion rows.'],
    zh: ['设置了 assistant_only_loss，而模板没有标出助手写的部分。', '加上 {% generation %} 块，或使用提示-补全数据。'],
  },
  'special-token-unknown': {
    en: ['A special token is not in the vocabulary.', 'Name a token that the tokenizer has.'],
    zh: ['特殊词元不在词表里。', '给出分词器里有的词元。'],
  },
  'chat-template-tokens-missing': {
    en: ['A chat template needs tokens that the model lacks.', 'Write the template with tokens of this model.'],
    zh: ['聊天模板需要模型没有的词元。', '用这个模型的词元写模板。'],
  },
  'chat-number-inexact': {
    en: ['A number of a conversation has more digits than JavaScript keeps.', 'Give it as a bigint or as text.'],
    zh: ['对话里的数字超出 JavaScript 的精度。', '以 bigint 或文本给出。'],
  },
  'lone-surrogate': {
    en: ['A text holds half of a surrogate pair.', 'Write the character whole, or remove what is left of it.'],
    zh: ['文本里有半个代理对。', '写完整的字符，或删去残余部分。'],
  },
  'vocab-size-invalid': {
    en: ['A vocabulary of that size cannot be trained.', 'Ask for at least the 256 bytes and the special tokens.'],
    zh: ['无法训练这个大小的词表。', '至少要有 256 个字节和特殊词元。'],
  },
  'corpus-empty': {
    en: ['There is no text to train a tokenizer on.', 'Give texts that are not empty.'],
    zh: ['没有可用来训练分词器的文本。', '给出非空的文本。'],
  },
} satisfies Explanations;
