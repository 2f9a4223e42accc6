import type { Explanations } from './explanation.ts';

/** Configs, weights, and what a model can be used for. */
export const models = {
  'not-a-model': {
    en: ['What was given is no model.', 'Give a hub id, a folder, a GGUF file or an opened model.'],
    zh: ['给出的不是模型。', '给出 hub id、文件夹、GGUF 文件或已打开的模型。'],
  },
  'missing-weights': {
    en: ['A folder has neither safetensors nor a GGUF file.', 'Add the weights.'],
    zh: ['文件夹里既没有 safetensors，也没有 GGUF 文件。', '补上权重。'],
  },
  'ambiguous-weights': {
    en: ['A folder has several GGUF files.', 'Name one of them.'],
    zh: ['文件夹里有多个 GGUF 文件。', '指定其中一个。'],
  },
  'unknown-model-type': {
    en: ['A model of this family does not run here.', 'Use one of the families that the message lists.'],
    zh: ['这个家族的模型在这里不能运行。', '使用消息列出的家族。'],
  },
  'missing-config-field': {
    en: ['config.json lacks a field.', 'Take the config.json that belongs to the weights.'],
    zh: ['config.json 缺少一个字段。', '使用与权重配套的 config.json。'],
  },
  'invalid-config-field': {
    en: ['A field of config.json has a value that it cannot have.', 'Take the config.json that belongs to the weights, or correct the value.'],
    zh: ['config.json 的某个字段取值不合法。', '使用与权重配套的 config.json，或改正这个值。'],
  },
  'unsupported-config': {
    en: ['A model asks for something that does not run here.', 'Use a model without it.'],
    zh: ['模型要求了这里不能运行的东西。', '使用没有它的模型。'],
  },
  'config-mismatch': {
    en: ['config.json and the GGUF file beside it belong to different models.', 'Take both of one model, or give the GGUF file alone.'],
    zh: ['config.json 与旁边的 GGUF 文件不属于同一个模型。', '两者取自同一个模型，或只给 GGUF 文件。'],
  },
  'invalid-rope-table': {
    en: ['A rotary table of no positions, or for an odd head size.', 'Ask for at least one position and an even head size.'],
    zh: ['旋转位置表没有位置，或头的维度为奇数。', '至少要一个位置，头的维度为偶数。'],
  },
  'missing-tensor': {
    en: ['A file lacks a tensor that the config asks for.', 'Take weights and config of one model.'],
    zh: ['文件缺少配置所要求的张量。', '权重和配置取自同一个模型。'],
  },
  'unknown-tensor': {
    en: ['There is no tensor of this name.', 'Check the name; the message gives the nearest.'],
    zh: ['没有这个名字的张量。', '检查名字；消息给出了最接近的。'],
  },
  'unknown-dtype': {
    en: ['A tensor has a type that the file format does not define.', 'The file is damaged: download it again.'],
    zh: ['张量的类型不在文件格式的定义之内。', '文件已损坏：重新下载。'],
  },
  'unsupported-dtype': {
    en: ['Weights are stored in a type that is not read or written here.', 'Use a copy in one of the types that the message lists.'],
    zh: ['权重的存储类型在这里不能读写。', '使用消息列出的类型的副本。'],
  },
  'invalid-safetensors': {
    en: ['The header of a safetensors file contradicts itself or the file.', 'Download it again: it is damaged, or was made to mislead.'],
    zh: ['safetensors 文件的头部自相矛盾，或与文件矛盾。', '重新下载：它已损坏，或是故意误导。'],
  },
  'invalid-index': {
    en: ['The index of a sharded model does not fit its files.', 'Download index and shards again, from one revision.'],
    zh: ['分片模型的索引与文件不符。', '从同一个版本重新下载索引和分片。'],
  },
  'invalid-gguf': {
    en: ['A GGUF file contradicts itself.', 'Download it again from its source.'],
    zh: ['GGUF 文件自相矛盾。', '从来源处重新下载。'],
  },
  'unsupported-gguf': {
    en: ['A GGUF file of a version or kind that is not read here.', 'Convert the model again with a current llama.cpp.'],
    zh: ['这种版本或类型的 GGUF 文件在这里不能读取。', '用当前的 llama.cpp 重新转换模型。'],
  },
  'unsupported-export': {
    en: ['llama.cpp would compute another model, or has no name for a part.', 'Write safetensors instead.'],
    zh: ['llama.cpp 会算出另一个模型，或没有某个部分的名称。', '改写 safetensors。'],
  },
  'invalid-tensor': {
    en: ['A tensor to be written has a name, type, shape or data that a file cannot hold.', 'Give each tensor its own name, and data of its shape.'],
    zh: ['要写出的张量，其名称、类型、形状或数据不能存入文件。', '每个张量用自己的名字，数据与形状相符。'],
  },
  'invalid-metadata': {
    en: ['A metadata key or value that GGUF cannot hold.', 'Correct it.'],
    zh: ['GGUF 不能存放的元数据键或值。', '改正它。'],
  },
  'no-output-layer': {
    en: ['A model that gives scores was asked for tokens.', 'Use a language model here.'],
    zh: ['向给出分数的模型要词元。', '这里要用语言模型。'],
  },
  'missing-score-head': {
    en: ['A language model was asked for scores.', 'Use a reward model, or give this one a score head.'],
    zh: ['向语言模型要分数。', '使用奖励模型，或给它加上打分头。'],
  },
  'bad-score-head': {
    en: ['A score head has more than one output.', 'Use a model of one label (num_labels: 1).'],
    zh: ['打分头有不止一个输出。', '使用只有一个标签的模型（num_labels: 1）。'],
  },
  'bad-token': {
    en: ['A token id lies outside the vocabulary.', 'Encode the text with the tokenizer that belongs to the model.'],
    zh: ['词元编号超出词表。', '用与模型配套的分词器编码文本。'],
  },
  'empty-prompt': {
    en: ['A prompt has no tokens.', 'Begin with at least one token, such as the one that begins a text.'],
    zh: ['提示没有任何词元。', '至少要有一个词元，例如文本起始词元。'],
  },
  'prompt-too-long': {
    en: ['A prompt does not fit into the positions of the model.', 'Shorten it, or raise the capacity where the model has more positions.'],
    zh: ['提示超出了模型的位置数。', '缩短它，或在模型还有位置时提高容量。'],
  },
  'gguf-part': {
    en: ['Parts of a GGUF model are missing or do not belong together.', 'Download all parts of one revision into one folder.'],
    zh: ['GGUF 模型的分片缺失或不属于同一模型。', '把同一版本的所有分片下载到一个文件夹。'],
  },
  'proxy-invalid': {
    en: ['HTTPS_PROXY is no http or https address.', 'Set it to an address, or unset it.'],
    zh: ['HTTPS_PROXY 不是 http 或 https 地址。', '设为正确的地址，或取消设置。'],
  },
  'proxy-support-missing': {
    en: ['A proxy needs the package undici.', 'npm install undici, or unset the proxy.'],
    zh: ['使用代理需要 undici 包。', 'npm install undici，或取消代理设置。'],
  },
  'hub-not-json': {
    en: ['Something other than the hub answered.', 'Open the address in a browser; check the proxy and HF_ENDPOINT.'],
    zh: ['回答的不是 Hub。', '在浏览器里打开该地址；检查代理和 HF_ENDPOINT。'],
  },
  'not-an-adapter': {
    en: ['A repository holds no adapter in safetensors.', 'Name a repository with adapter_model.safetensors.'],
    zh: ['仓库里没有 safetensors 格式的适配器。', '给出含 adapter_model.safetensors 的仓库。'],
  },
} satisfies Explanations;
