import { type Phrase, same, useText } from '../text';
import styles from './architecture.module.css';
import { Box, Drawing } from './drawing';

interface Row {
  readonly packages: readonly string[];
  readonly does: Phrase;
}

/** Highest first, as scripts/workspace.test.ts has them. */
const rows: readonly Row[] = [
  {
    packages: ['attune', 'website'],
    does: { en: 'command line; pages and Studio', zh: '命令行；页面与工作台' },
  },
  {
    packages: ['sft', 'reward', 'preference', 'policy'],
    does: { en: 'one folder for each algorithm', zh: '每个算法一个文件夹' },
  },
  { packages: ['trainer'], does: { en: 'loop, checkpoints, logs', zh: '循环、检查点、日志' } },
  {
    packages: ['peft', 'optim'],
    does: { en: 'what trains; how it is updated', zh: '训练什么；怎样更新' },
  },
  {
    packages: ['model', 'data', 'tokenizer'],
    does: { en: 'weights, rows and text', zh: '权重、数据行与文本' },
  },
  {
    packages: ['plan'],
    does: { en: 'a step: graph, gradient, memory', zh: '一步：计算图、梯度、内存' },
  },
  { packages: ['kernels'], does: { en: 'WGSL, one folder each', zh: 'WGSL，每个算子一个文件夹' } },
  {
    packages: ['gpu', 'config'],
    does: { en: 'the device; keys and defaults', zh: '设备；键与默认值' },
  },
];

/** The packages as layers: each uses what lies below it. */
export default function Layers() {
  const text = useText();
  const [left, right, gap, step] = [20, 420, 10, 46];
  return (
    <Drawing
      height={rows.length * step + 26}
      caption={text({
        en: 'The packages. Each uses only what lies below it, through its public entry.',
        zh: '各个包。每个包只通过公开入口使用它下面的包。',
      })}
    >
      {rows.map(({ packages, does }, row) => {
        const width = (right - left - gap * (packages.length - 1)) / packages.length;
        const y = 16 + row * step;
        return (
          <g key={packages.join()}>
            {packages.map((name, i) => (
              <Box
                key={name}
                x={left + i * (width + gap)}
                y={y}
                width={width}
                height={36}
                name={text(same(name))}
              />
            ))}
            <text x={right + 16} y={y + 23} className={styles.lane}>
              {text(does)}
            </text>
          </g>
        );
      })}
    </Drawing>
  );
}
