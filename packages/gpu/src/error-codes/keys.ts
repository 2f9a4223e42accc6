import type { Explanations } from './explanation.ts';

/** Keys of recipes, arguments in code, and the command line. */
export const keys = {
  'bad-value': {
    en: ['A key, an option or an input has a value that it cannot have.', 'Give a value of the type and range that the message names.'],
    zh: ['某个键、选项或输入的取值不合法。', '按消息写的类型和范围给值。'],
  },
  'unknown-key': {
    en: ['There is no key or option of this name.', 'Use the nearest name that the message gives, or look into --help.'],
    zh: ['没有这个名字的键或选项。', '使用消息给出的最接近的名字，或查看 --help。'],
  },
  'missing-key': {
    en: ['A key that is needed here was not given.', 'Give it; --help says what it means.'],
    zh: ['缺少这里必需的键。', '补上它；--help 说明了它的含义。'],
  },
  'key-not-done': {
    en: ['A key of TRL or PEFT asks for something that is not done here.', 'Leave it at its default, or do what the message proposes.'],
    zh: ['TRL 或 PEFT 的某个键要求了这里没有实现的东西。', '保持默认值，或按消息的建议去做。'],
  },
  'unknown-command': {
    en: ['The first word is no command.', 'attune --help lists them.'],
    zh: ['第一个词不是命令。', 'attune --help 会列出所有命令。'],
  },
  'missing-value': {
    en: ['A flag was given without its value.', 'Write the value after it.'],
    zh: ['命令行参数后面没有值。', '在后面写上值。'],
  },
  'unexpected-argument': {
    en: ['A word on the command line belongs to no flag.', 'Begin flags with --, and put values with spaces into quotes.'],
    zh: ['命令行里有一个词不属于任何参数。', '参数以 -- 开头，含空格的值放进引号。'],
  },
  'recipe-missing': {
    en: ['The recipe cannot be opened.', 'Check the path; it is relative to the working directory.'],
    zh: ['无法打开配方文件。', '检查路径；它相对于工作目录。'],
  },
  'recipe-broken': {
    en: ['The recipe is not YAML, or holds no keys.', 'Write a line `key: value` for each key.'],
    zh: ['配方不是 YAML，或没有任何键。', '每个键写一行 `key: value`。'],
  },
  'group-size': {
    en: ['num_generations does not divide the batches, or leaves a completion alone.', 'Take at least 2, and batches of whole groups.'],
    zh: ['num_generations 不能整除批次，或使一个补全没有同组。', '至少取 2，并让每个批次由整组构成。'],
  },
  'output-unwritable': {
    en: ['The output cannot be written.', 'Choose another place, or make room there.'],
    zh: ['无法写出结果。', '换一个位置，或腾出空间。'],
  },
  'run-missing': {
    en: ['What is to be compared is no folder of a run.', 'Name the output_dir of a run.'],
    zh: ['要比较的不是一次运行的文件夹。', '给出一次运行的 output_dir。'],
  },
  'run-broken': {
    en: ['The log of a run cannot be read.', 'Each line of metrics.jsonl is a JSON object with a step.'],
    zh: ['无法读取一次运行的日志。', 'metrics.jsonl 的每一行都是带 step 的 JSON 对象。'],
  },
} satisfies Explanations;
