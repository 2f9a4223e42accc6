import { type Phrase, useText } from '../text';
import styles from './architecture.module.css';
import { Arrow, Box, Drawing } from './drawing';

type Stop = readonly [name: Phrase, note: Phrase];

const data: readonly Stop[] = [
  [
    { en: 'rows', zh: '数据行' },
    { en: 'JSONL, JSON, CSV, Parquet', zh: 'JSONL、JSON、CSV、Parquet' },
  ],
  [
    { en: 'examples', zh: '样本' },
    { en: 'template, token ids, what is trained', zh: '模板、词元编号、哪些词元参与训练' },
  ],
  [
    { en: 'batches', zh: '批次' },
    { en: 'packed, shuffled, one after the other', zh: '打包、打乱、逐个给出' },
  ],
];

const plan: readonly Stop[] = [
  [
    { en: 'Graph', zh: 'Graph' },
    { en: 'forward, loss, gradient: names and shapes', zh: '前向、损失、梯度：只有名称和形状' },
  ],
  [
    { en: 'PlannedGraph', zh: 'PlannedGraph' },
    { en: 'memory by lifetime: the bytes are known', zh: '按生存期分配内存：字节数已知' },
  ],
  [
    { en: 'Plan', zh: 'Plan' },
    { en: 'buffers, pipelines, bind groups', zh: '缓冲区、管线、绑定组' },
  ],
];

const step: readonly Stop[] = [
  [
    { en: 'inputs', zh: '输入' },
    { en: 'one write', zh: '一次写入' },
  ],
  [
    { en: 'forward', zh: '前向' },
    { en: 'decoder blocks', zh: '解码器各层' },
  ],
  [
    { en: 'loss', zh: '损失' },
    { en: 'of log-probs', zh: '由对数概率算出' },
  ],
  [
    { en: 'backward', zh: '反向' },
    { en: 'adds gradients', zh: '累加梯度' },
  ],
  [
    { en: 'update', zh: '更新' },
    { en: 'clip, AdamW', zh: '裁剪、AdamW' },
  ],
  [
    { en: 'read back', zh: '读回' },
    { en: 'loss, norm', zh: '损失、范数' },
  ],
];

/** How a batch and a plan meet in a step. */
export default function Step() {
  const text = useText();
  const column = (stops: readonly Stop[], x: number, kind: 'cpu' | 'plan') =>
    stops.map(([name, note], i) => (
      <g key={name.en}>
        <Box x={x} y={40 + i * 68} width={315} name={text(name)} note={text(note)} kind={kind} />
        {i > 0 && (
          <Arrow
            points={[
              [x + 157, i * 68 + 20],
              [x + 157, i * 68 + 38],
            ]}
          />
        )}
      </g>
    ));
  const at = (i: number) => 20 + i * 116;
  const [row, bracket] = [292, 352];
  return (
    <Drawing
      height={392}
      caption={text({
        en: 'A step. Above: what a batch and a plan are made of. Below: one command buffer, sent to the GPU at once.',
        zh: '一步。上：批次和计划各由什么得来；下：一个命令缓冲区，一次提交给 GPU。',
      })}
    >
      <text x={20} y={26} className={styles.lane}>
        {text({ en: 'For each batch, on the CPU', zh: '每个批次，在 CPU 上' })}
      </text>
      <text x={385} y={26} className={styles.lane}>
        {text({ en: 'Once for each size of batch', zh: '每种批次大小一次' })}
      </text>
      {column(data, 20, 'cpu')}
      {column(plan, 385, 'plan')}
      <Arrow
        points={[
          [70, 224],
          [70, row - 2],
        ]}
      />
      <Arrow
        points={[
          [542, 224],
          [542, 256],
          [at(1) + 50, 256],
          [at(1) + 50, row - 2],
        ]}
      />
      <text x={at(3)} y={row - 14} className={styles.lane}>
        {text({ en: 'Each step, on the GPU', zh: '每一步，在 GPU 上' })}
      </text>
      {step.map(([name, note], i) => (
        <g key={name.en}>
          <Box x={at(i)} y={row} width={100} name={text(name)} note={text(note)} kind="gpu" />
          {i > 0 && (
            <Arrow
              points={[
                [at(i) - 16, row + 24],
                [at(i) - 1, row + 24],
              ]}
            />
          )}
        </g>
      ))}
      <Arrow
        points={[
          [at(3) + 50, row + 48],
          [at(3) + 50, bracket + 6],
          [at(0) + 50, bracket + 6],
          [at(0) + 50, row + 50],
        ]}
      />
      <text x={at(0) + 62} y={bracket + 24} className={styles.lane}>
        {text({ en: 'for each micro-batch', zh: '每个微批次' })}
      </text>
      <text x={at(4)} y={bracket + 24} className={styles.lane}>
        {text({ en: 'once, after the last of them', zh: '最后一个之后，一次' })}
      </text>
    </Drawing>
  );
}
