import live from '../live/live.module.css';
import { spokenNumber } from '../live/spoken';
import { useText } from '../text';

export interface Point {
  readonly name: string;
  readonly intensity: number;
  readonly gflops: number;
}

const width = 900;
const height = 340;
const box = { left: 64, right: 880, top: 16, bottom: 290 };

const powers = (low: number, high: number) =>
  Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));

/** The roofline: what bandwidth and multipliers allow, and what was reached. Both axes are logarithmic. */
export default function Roofline({
  peak,
  bandwidth,
  points,
}: {
  /** GFLOP/s. */
  peak: number;
  /** GB/s. */
  bandwidth: number;
  points: readonly Point[];
}) {
  const text = useText();
  const xs = [-1, 3] as const;
  const top = Math.ceil(Math.log10(peak * 1.3));
  const bottom = Math.floor(Math.log10(Math.min(bandwidth * 0.1, ...points.map((p) => p.gflops))));
  const px = (v: number) =>
    box.left + ((Math.log10(v) - xs[0]) / (xs[1] - xs[0])) * (box.right - box.left);
  const py = (v: number) =>
    box.bottom - ((Math.log10(v) - bottom) / (top - bottom)) * (box.bottom - box.top);
  const ridge = peak / bandwidth;
  const roof = [
    [0.1, 0.1 * bandwidth],
    [ridge, peak],
    [1000, peak],
  ] as const;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className={live.plot}
      role="img"
      aria-label={text({
        en: 'Roofline: speed against operations a byte',
        zh: '屋顶线：速度与每字节运算次数的关系',
      })}
    >
      {powers(bottom, top).map((value) => (
        <g key={value}>
          <line x1={box.left} x2={box.right} y1={py(value)} y2={py(value)} className={live.grid} />
          <text x={box.left - 8} y={py(value) + 4} textAnchor="end">
            {spokenNumber(value)}
          </text>
        </g>
      ))}
      {powers(xs[0], xs[1]).map((value) => (
        <text key={value} x={px(value)} y={box.bottom + 18} textAnchor="middle">
          {spokenNumber(value)}
        </text>
      ))}
      <text x={(box.left + box.right) / 2} y={height - 8} textAnchor="middle">
        {text({ en: 'operations a byte', zh: '每字节运算次数' })}
      </text>
      <text
        transform={`translate(14 ${(box.top + box.bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        GFLOP/s
      </text>
      <polyline
        className={live.series1}
        points={roof.map(([x, y]) => `${px(x)},${py(y)}`).join(' ')}
      />
      {points.map(({ name, intensity, gflops }, i) => (
        <g key={name}>
          <circle cx={px(intensity)} cy={py(gflops)} r={5} className={live.bar2} />
          <text x={px(intensity)} y={py(gflops) + (i % 2 ? 20 : -10)} textAnchor="middle">
            {name.replace('matmul ', '')}
          </text>
        </g>
      ))}
    </svg>
  );
}
