import type { Explanations } from './explanation.ts';

/** Data sets: files, rows, and what each algorithm wants of them. */
export const data = {
  'data-missing': {
    en: ['A data file does not exist.', 'Check the path; it is relative to the working directory.'],
    zh: ['数据文件不存在。', '检查路径；它相对于工作目录。'],
  },
  'data-unreadable': {
    en: ['A data file cannot be opened.', 'Name a file that you may read; in a browser give the File.'],
    zh: ['无法打开数据文件。', '给出你有权读取的文件；在浏览器里请给 File。'],
  },
  'data-format-unknown': {
    en: ['The format of a file is not clear.', 'Name it .jsonl, .json, .csv, .tsv or .parquet.'],
    zh: ['无法判断文件的格式。', '命名为 .jsonl、.json、.csv、.tsv 或 .parquet。'],
  },
  'data-broken-csv': {
    en: ['A CSV file has a row that does not fit.', 'Quote fields that hold commas, quotes or line breaks.'],
    zh: ['CSV 文件里有一行不符合格式。', '含逗号、引号或换行的字段要加引号。'],
  },
  'data-broken-parquet': {
    en: ['A Parquet file cannot be read.', 'Download it again, or write the rows as JSONL.'],
    zh: ['无法读取 Parquet 文件。', '重新下载，或把数据写成 JSONL。'],
  },
  'parquet-reader-missing': {
    en: ['Parquet needs the package hyparquet.', 'npm install hyparquet, or write the rows as JSONL.'],
    zh: ['读取 Parquet 需要 hyparquet 包。', 'npm install hyparquet，或把数据写成 JSONL。'],
  },
  'data-line-too-long': {
    en: ['A line is longer than any row can be.', 'Write one row a line; a JSON array goes into a .json file.'],
    zh: ['一行长得不可能是一条数据。', '每行写一条；JSON 数组放进 .json 文件。'],
  },
  'data-row-not-object': {
    en: ['A row is no object with named fields.', 'Write rows such as {"prompt": "…", "completion": "…"}.'],
    zh: ['一行不是带字段名的对象。', '写成 {"prompt": "…", "completion": "…"} 这样的行。'],
  },
  'data-empty': {
    en: ['There are no rows, or too few for one batch.', 'Check the file, or take a smaller batch.'],
    zh: ['没有数据行，或不够一个批次。', '检查文件，或用更小的批次。'],
  },
  'data-too-large': {
    en: ['The data do not fit into memory.', 'Set streaming: true, write JSON Lines, or train on a part of them.'],
    zh: ['数据放不进内存。', '设置 streaming: true，写成 JSON Lines，或只训练一部分。'],
  },
  'dataset-invalid': {
    en: ['What was given is no data set, or none for this use.', 'Give rows, paths, or an (async) iterable of rows.'],
    zh: ['给出的不是数据集，或不适合这个用途。', '给出数据行、路径，或数据行的（异步）迭代器。'],
  },
  'data-shape-unknown': {
    en: ['The columns of a row are none that are understood here.', 'Rename them; the message lists what is understood.'],
    zh: ['数据行的列名在这里无法理解。', '改名；消息列出了可用的列名。'],
  },
  'data-shapes-mixed': {
    en: ['Rows of one data set have different shapes.', 'Write all rows in one shape.'],
    zh: ['同一数据集里的行形状不同。', '所有行写成同一种形状。'],
  },
  'data-all-masked': {
    en: ['No row has a token that would train.', 'Raise max_length, or check the masks with attune inspect.'],
    zh: ['没有一行有可训练的词元。', '提高 max_length，或用 attune inspect 检查掩码。'],
  },
  'data-all-dropped': {
    en: ['No row fits into max_length.', 'Raise max_length, or shorten the prompts.'],
    zh: ['没有一行能放进 max_length。', '提高 max_length，或缩短提示。'],
  },
  'data-no-assistant-tokens': {
    en: ['The assistant says nothing in a row, and only its words would train.', 'Remove such rows, or name the role that answers "assistant".'],
    zh: ['某一行里助手什么也没说，而只有它的话参与训练。', '删除这样的行，或把作答的角色命名为 "assistant"。'],
  },
  'assistant-loss-needs-chat': {
    en: ['assistant_only_loss is set for rows of plain text.', 'Give messages, or prompt-completion rows.'],
    zh: ['对纯文本数据设置了 assistant_only_loss。', '使用对话，或提示-补全数据。'],
  },
  'packing-needs-length': {
    en: ['Packing has no length to fill.', 'Set max_length, or packing: false.'],
    zh: ['打包没有要填满的长度。', '设置 max_length，或 packing: false。'],
  },
  'batch-empty': {
    en: ['A batch of no rows was asked for.', 'Give at least one row.'],
    zh: ['要了一个没有数据行的批次。', '至少给一行。'],
  },
  'preference-unpaired': {
    en: ['A row has one labelled completion where two are compared.', 'Train it with KTO, or write prompt, chosen and rejected.'],
    zh: ['需要比较两个补全，而这一行只有一个带标签的补全。', '用 KTO 训练，或写成 prompt、chosen、rejected。'],
  },
  'preference-no-prompt': {
    en: ['Chosen and rejected begin differently, and there is no prompt.', 'Give the prompt as a column of its own.'],
    zh: ['chosen 与 rejected 的开头不同，又没有提示。', '把提示写成单独的一列。'],
  },
  'preference-prompt-role': {
    en: ['A prompt ends with a message that nobody can answer.', 'End it with what the user says, or with the beginning of the answer.'],
    zh: ['提示的最后一条消息无从作答。', '以用户的话结尾，或以回答的开头结尾。'],
  },
  'preference-boundary': {
    en: ['Prompt and completion share a token.', 'End the prompt at a whole word, and begin the completions with the space.'],
    zh: ['提示与补全共用了一个词元。', '提示在完整的词后结束，补全以空格开头。'],
  },
  'preference-empty-completion': {
    en: ['A completion has no token.', 'Remove the row, or use a tokenizer with an end of text.'],
    zh: ['补全没有任何词元。', '删除这一行，或使用有文本结束词元的分词器。'],
  },
  'preference-truncated-empty': {
    en: ['max_length cuts a completion to nothing.', 'Raise max_length, or remove such rows.'],
    zh: ['max_length 把补全截断成空。', '提高 max_length，或删除这样的行。'],
  },
  'preference-number-invalid': {
    en: ['A column of numbers holds something else.', 'Give a finite number in every row, or leave the column out.'],
    zh: ['数值列里有不是数的内容。', '每行都给有限的数，或去掉这一列。'],
  },
  'margin-missing': {
    en: ['Some pairs have a margin and some have none.', 'Give every row a margin (0 for none), or leave the column out.'],
    zh: ['有的数据对有间隔，有的没有。', '每行都写间隔（没有就写 0），或去掉这一列。'],
  },
  'kto-one-kind': {
    en: ['All rows are desirable, or all are undesirable.', 'Add rows of the other label.'],
    zh: ['所有行都是合意的，或都是不合意的。', '加入另一种标签的行。'],
  },
  'kto-batch-too-small': {
    en: ['KTO estimates its KL from other rows of a batch, and there is one.', 'Set per_device_train_batch_size to 2 or more.'],
    zh: ['KTO 用批次里的其他行估计 KL，而批次只有一行。', '把 per_device_train_batch_size 设为 2 或更大。'],
  },
  'empty-row': {
    en: ['A row to be scored has no tokens.', 'Remove it, or give it text.'],
    zh: ['要打分的行没有任何词元。', '删除它，或给它文本。'],
  },
  'row-too-long': {
    en: ['A row has more tokens than the model has positions.', 'Lower max_length, or shorten the row.'],
    zh: ['一行的词元数超过了模型的位置数。', '降低 max_length，或缩短这一行。'],
  },
  'data-unsupported-arrow': {
    en: ['An Arrow file uses a type that is not read.', 'Write plain columns, or Parquet or JSONL.'],
    zh: ['Arrow 文件用了这里不读的类型。', '改用普通列，或写成 Parquet、JSONL。'],
  },
  'data-broken-arrow': {
    en: ['An Arrow file cannot be read.', 'Check that the file is whole, or write the rows as JSONL.'],
    zh: ['无法读取 Arrow 文件。', '检查文件是否完整，或把数据写成 JSONL。'],
  },
  'arrow-reader-missing': {
    en: ['Arrow needs the package @uwdata/flechette.', 'npm install @uwdata/flechette, or write Parquet or JSONL.'],
    zh: ['读取 Arrow 需要 @uwdata/flechette 包。', 'npm install @uwdata/flechette，或写成 Parquet、JSONL。'],
  },
  'data-codec-missing': {
    en: ['A compressed file needs a package that is not installed.', 'Install the package that the message names, or write the file without compression.'],
    zh: ['读取压缩文件需要一个没有安装的包。', '安装消息里给出的包，或写成不压缩的文件。'],
  },
  'data-config-unknown': {
    en: ['A data set has several configurations, or not the one that was named.', 'Set dataset_config to one that the message lists.'],
    zh: ['数据集有多个配置，或没有所给的配置。', '把 dataset_config 设为消息列出的一个。'],
  },
  'data-files-missing': {
    en: ['A data set has no files that are read here.', 'Name the files, or save the data set as JSONL.'],
    zh: ['数据集没有这里能读的文件。', '指定文件，或把数据集存成 JSONL。'],
  },
  'data-beyond-positions': {
    en: ['Rows are longer than the model has positions.', 'Lower max_length to the number of positions.'],
    zh: ['数据行比模型的位置数还长。', '把 max_length 降到位置数以内。'],
  },
  'data-broken-compression': {
    en: ['A compressed file cannot be unpacked.', 'It may be cut off: download or copy it again.'],
    zh: ['压缩文件无法解开。', '文件可能不完整：重新下载或复制。'],
  },
  'data-packed-already': {
    en: ['packing is set, but the rows are packed already.', 'Set packing: false.'],
    zh: ['设置了 packing，但数据行已经打包。', '设置 packing: false。'],
  },
  'data-folder-empty': {
    en: ['A folder holds no data files.', 'Name a folder with JSONL, JSON, CSV, Parquet or Arrow files.'],
    zh: ['文件夹里没有数据文件。', '给出含 JSONL、JSON、CSV、Parquet 或 Arrow 文件的文件夹。'],
  },
  'data-split-missing': {
    en: ['The data have no split of that name.', 'Set dataset_train_split or dataset_test_split to one that the message lists.'],
    zh: ['数据没有这个名字的切分。', '把 dataset_train_split 或 dataset_test_split 设为消息列出的一个。'],
  },
  'data-format-unsupported': {
    en: ['A file has a format that is not read.', 'Do what the message says, or write the rows as JSONL.'],
    zh: ['文件格式这里不支持。', '按消息操作，或把数据写成 JSONL。'],
  },
  'data-not-downloaded': {
    en: ['A file is a Git LFS pointer or a web page, not the data.', 'Run git lfs pull, or download the file itself.'],
    zh: ['文件是 Git LFS 指针或网页，不是数据。', '运行 git lfs pull，或下载文件本身。'],
  },
  'seed-invalid': {
    en: ['A seed is no whole number from 0.', 'Set seed to a whole number, such as 42.'],
    zh: ['种子不是非负整数。', '把 seed 设为整数，例如 42。'],
  },
  'data-unsupported-parquet': {
    en: ['A Parquet file uses what is not read.', 'Write plain columns, or JSONL.'],
    zh: ['Parquet 文件用了这里不读的功能。', '改用普通列，或写成 JSONL。'],
  },
  'split-invalid': {
    en: ['A test split leaves nothing to train, or holds nothing out.', 'Set test_split_size to a share below 1, or to fewer rows than there are.'],
    zh: ['测试切分使训练集或测试集为空。', '把 test_split_size 设为小于 1 的比例，或小于总行数的行数。'],
  },
  'data-id-outside-vocabulary': {
    en: ['Encoded rows have token ids that the model lacks.', 'Encode the data with the tokenizer of this model.'],
    zh: ['已编码的数据里有模型没有的词元编号。', '用这个模型的分词器重新编码。'],
  },
  'data-label-invalid': {
    en: ['A label is neither -100 nor a token id.', 'Write -100 where a token is not trained, else its id.'],
    zh: ['标签既不是 -100，也不是词元编号。', '不训练的位置写 -100，否则写该词元的编号。'],
  },
  'data-lone-surrogate': {
    en: ['A text of a row holds half of a surrogate pair.', 'Write the character whole, or remove what is left of it.'],
    zh: ['数据文本里有半个代理对。', '写完整的字符，或删去残余部分。'],
  },
} satisfies Explanations;
