import type { ReactNode } from 'react';
import styles from './architecture.module.css';

/** A box: a name, and below it what it is or does. */
export function Box({
  x,
  y,
  width,
  height = 48,
  name,
  note,
  kind,
}: {
  x: number;
  y: number;
  width: number;
  height?: number;
  name: string;
  note?: string;
  kind?: 'cpu' | 'gpu' | 'plan';
}) {
  const middle = x + width / 2;
  return (
    <g className={kind && styles[kind]}>
      <rect x={x} y={y} width={width} height={height} rx={8} />
      <text x={middle} y={y + height / 2 + (note ? -3 : 5)} className={styles.name}>
        {name}
      </text>
      {note && (
        <text x={middle} y={y + height / 2 + 15} className={styles.note}>
          {note}
        </text>
      )}
    </g>
  );
}

/** An arrow through points; the last one has the head. */
export function Arrow({ points }: { points: readonly (readonly [number, number])[] }) {
  const [[x0, y0], [x, y]] = points.slice(-2) as [[number, number], [number, number]];
  const turn = (Math.atan2(y - y0, x - x0) * 180) / Math.PI;
  return (
    <g className={styles.arrow}>
      <polyline points={points.map((point) => point.join()).join(' ')} />
      <path d="M0 0 L-8 -4 L-8 4 Z" transform={`translate(${x} ${y}) rotate(${turn})`} />
    </g>
  );
}

/** The frame of a figure: narrow screens scroll it, so the keyboard must reach it. */
export function Drawing({
  height,
  caption,
  children,
}: {
  height: number;
  caption: string;
  children: ReactNode;
}) {
  return (
    <figure className={styles.figure}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls */}
      <section className={styles.scroll} tabIndex={0} aria-label={caption}>
        <svg viewBox={`0 0 720 ${height}`} role="img" aria-label={caption}>
          {children}
        </svg>
      </section>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
