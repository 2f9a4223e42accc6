import { useText } from '../text';
import type { Drawing, Series } from './live';
import styles from './live.module.css';
import { spokenNumber } from './spoken';

const height = 300;
const box = { left: 58, top: 14, bottom: 256 };

type Lines = Extract<Drawing, { kind: 'lines' }>;
type Paths = Extract<Drawing, { kind: 'path' }>;
type Bars = Extract<Drawing, { kind: 'bars' }>;
interface Right {
  readonly right: number;
}
type Cells = Extract<Drawing, { kind: 'cells' }>;

/** Draws numbers as SVG: the same on the server, on paper and in the page. */
export default function Plot({
  drawing,
  title,
  width = 640,
}: {
  drawing: Drawing;
  title: string;
  width?: number;
}) {
  const right = width - 14;
  return (
    <div>
      <Legend series={namesOf(drawing)} />
      <svg viewBox={`0 0 ${width} ${height}`} className={styles.plot} role="img" aria-label={title}>
        {drawing.kind === 'lines' && <LinePlot {...drawing} right={right} />}
        {drawing.kind === 'path' && <PathPlot {...drawing} right={right} />}
        {drawing.kind === 'bars' && <BarPlot {...drawing} right={right} />}
        {drawing.kind === 'cells' && <CellPlot {...drawing} right={right} />}
      </svg>
    </div>
  );
}

function extent(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Four to seven round numbers within a range. */
function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function Frame({
  right,
  y,
  yRange,
  label,
}: {
  right: number;
  y: (v: number) => number;
  yRange: readonly [number, number];
  label: string;
}) {
  return (
    <>
      {ticks(yRange).map((value) => (
        <g key={value}>
          <line x1={box.left} x2={right} y1={y(value)} y2={y(value)} className={styles.grid} />
          <text x={box.left - 8} y={y(value) + 4} textAnchor="end">
            {spokenNumber(value)}
          </text>
        </g>
      ))}
      <text
        transform={`translate(14 ${(box.top + box.bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {label}
      </text>
    </>
  );
}

type Named = Pick<Series, 'name' | 'dashed' | 'faint'>;

/** In the page's own text, so that it breaks into lines on a phone. */
function Legend({ series }: { series: readonly Named[] }) {
  const text = useText();
  if (series.length < 2) return null;
  return (
    <ul className={styles.legend}>
      {series.map(({ name, dashed, faint }, i) => (
        <li key={name.en}>
          <svg viewBox="0 0 16 4" width={16} height={4} aria-hidden="true">
            <line x2={16} y1={2} y2={2} {...strokeOf(i, { dashed, faint })} />
          </svg>
          {text(name)}
        </li>
      ))}
    </ul>
  );
}

const strokeOf = (i: number, { dashed, faint }: Omit<Named, 'name'>) => ({
  className: `${styles[`series${faint ? i : i + 1}`]} ${faint ? styles.faint : ''}`,
  strokeDasharray: dashed ? '5 4' : undefined,
});

function namesOf(drawing: Drawing): readonly Named[] {
  if (drawing.kind === 'cells') return [];
  return drawing.kind === 'path' ? drawing.paths : drawing.series;
}

function LinePlot({ x, xLabel, yLabel, series, yRange, right }: Lines & Right) {
  const text = useText();
  const xs = extent(x);
  const ys = yRange ?? extent(series.flatMap(({ y }) => y));
  const px = (v: number) => box.left + ((v - xs[0]) / (xs[1] - xs[0])) * (right - box.left);
  const py = (v: number) => {
    const held = Math.max(ys[0], Math.min(ys[1], v));
    return box.bottom - ((held - ys[0]) / (ys[1] - ys[0])) * (box.bottom - box.top);
  };
  return (
    <>
      <Frame right={right} y={py} yRange={ys} label={text(yLabel)} />
      {ticks(xs).map((value) => (
        <text key={value} x={px(value)} y={box.bottom + 18} textAnchor="middle">
          {spokenNumber(value)}
        </text>
      ))}
      <text x={(box.left + right) / 2} y={height - 6} textAnchor="middle">
        {text(xLabel)}
      </text>
      {series.map(({ name, y, dashed, faint }, i) => (
        <polyline
          key={name.en}
          {...strokeOf(i, { dashed, faint })}
          points={y.map((v, j) => `${px(x[j]!).toFixed(1)},${py(v).toFixed(1)}`).join(' ')}
        />
      ))}
    </>
  );
}

function PathPlot({ paths, xLabel, yLabel, range, right }: Paths & Right) {
  const text = useText();
  const middle = (box.left + right) / 2;
  const unit = (box.bottom - box.top) / 2 / range;
  const px = (v: number) => middle + v * unit;
  const py = (v: number) => (box.top + box.bottom) / 2 - v * unit;
  return (
    <>
      <Frame right={right} y={py} yRange={[-range, range]} label={text(yLabel)} />
      <line x1={middle} x2={middle} y1={box.top} y2={box.bottom} className={styles.grid} />
      {ticks([-range, range]).map((value) => (
        <text key={value} x={px(value)} y={box.bottom + 18} textAnchor="middle">
          {spokenNumber(value)}
        </text>
      ))}
      <text x={middle} y={height - 6} textAnchor="middle">
        {text(xLabel)}
      </text>
      {paths.map(({ name, points, dashed }, i) => (
        <polyline
          key={name.en}
          className={styles[`series${i + 1}`]}
          strokeDasharray={dashed ? '5 4' : undefined}
          points={points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(' ')}
        />
      ))}
    </>
  );
}

function BarPlot({ labels, yLabel, series, yRange, note, right }: Bars & Right) {
  const text = useText();
  const [low, most] = yRange ?? extent([0, ...series.flatMap(({ y }) => y)]);
  // Room for the legend.
  const high = yRange ? most : most * 1.2;
  const py = (v: number) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
  const slot = (right - box.left) / labels.length;
  const bar = (slot * 0.72) / series.length;
  return (
    <>
      <Frame right={right} y={py} yRange={[low, high]} label={text(yLabel)} />
      {series.map(({ name, y }, s) =>
        y.map((v, i) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bars have no other name
            key={`${name.en} ${i}`}
            className={styles[`bar${s + 1}`]}
            x={box.left + i * slot + slot * 0.14 + s * bar}
            width={bar * 0.94}
            y={Math.min(py(v), py(0))}
            height={Math.abs(py(v) - py(0))}
          />
        )),
      )}
      {labels.map((label, i) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: two bars may have one label
          key={i}
          x={box.left + (i + 0.5) * slot}
          y={box.bottom + 18}
          textAnchor="middle"
        >
          {label}
        </text>
      ))}
      {note && (
        <text x={right} y={box.top + 12} textAnchor="end">
          {text(note)}
        </text>
      )}
    </>
  );
}

function CellPlot({ rows, columns, values, xLabel, yLabel, right }: Cells & Right) {
  const text = useText();
  const largest = Math.max(1e-30, ...values.map(Math.abs));
  const w = (right - box.left - 40) / columns.length;
  const h = (box.bottom - box.top) / rows.length;
  return (
    <>
      {values.map((v, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
          key={i}
          x={box.left + 40 + (i % columns.length) * w}
          y={box.top + Math.floor(i / columns.length) * h}
          width={w - 1}
          height={h - 1}
          className={v < 0 ? styles.negative : styles.positive}
          fillOpacity={0.06 + (0.94 * Math.abs(v)) / largest}
        />
      ))}
      {rows.map((label, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two rows may have one label
        <text key={i} x={box.left + 32} y={box.top + (i + 0.5) * h + 4} textAnchor="end">
          {label}
        </text>
      ))}
      {columns.map((label, i) => (
        <text
          // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one label
          key={i}
          x={box.left + 40 + (i + 0.5) * w}
          y={box.bottom + 16}
          textAnchor="middle"
        >
          {label}
        </text>
      ))}
      <text x={(box.left + 40 + right) / 2} y={height - 6} textAnchor="middle">
        {text(xLabel)}
      </text>
      <text
        transform={`translate(14 ${(box.top + box.bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {text(yLabel)}
      </text>
    </>
  );
}
