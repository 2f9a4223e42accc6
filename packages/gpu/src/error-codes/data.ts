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
} satisfies Explanations;
