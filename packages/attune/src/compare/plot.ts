import type { Curve } from './runs.ts';
import { short } from './table.ts';

interface Box {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The range of all points; a little around a flat line. */
function boxOf(curves: readonly Curve[]): Box | undefined {
  const points = curves.flatMap(({ points }) => points).filter(([, y]) => Number.isFinite(y));
  if (points.length === 0) return undefined;
  const range = (values: readonly number[]): [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const around = low === high ? Math.abs(low) / 10 || 1 : 0;
    return [low - around, high + around];
  };
  return { x: range(points.map(([x]) => x)), y: range(points.map(([, y]) => y)) };
}

const share = (value: number, [low, high]: readonly [number, number]) =>
  (value - low) / (high - low);

const marks = 'abcdefghijklmnopqrstuvwxyz';

/** Curves in characters, a letter for each run; where several meet, the last one shows. */
export function terminalPlot(
  title: string,
  curves: readonly Curve[],
  { width = 64, height = 12 } = {},
): string {
  const box = boxOf(curves);
  if (!box) return `${title}: no run logs it.`;
  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  curves.forEach(({ points }, run) => {
    for (let column = 0; column < width; column++) {
      // The mean of the points of a column, which stands for all of them.
      const here = points.filter(([x]) => Math.round(share(x, box.x) * (width - 1)) === column);
      const values = here.map(([, y]) => y).filter(Number.isFinite);
      if (values.length === 0) continue;
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const row = Math.round((1 - share(mean, box.y)) * (height - 1));
      grid[row]![column] = marks[run % marks.length]!;
    }
  });
  const labels = grid.map((_, i) =>
    i === 0 ? short(box.y[1]) : i === height - 1 ? short(box.y[0]) : '',
  );
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = grid.map((row, i) => `${labels[i]!.padStart(margin)} │${row.join('').trimEnd()}`);
  const [from, to] = box.x.map(String) as [string, string];
  const axis = `${' '.repeat(margin)} └${'─'.repeat(width)}`;
  const steps = `${' '.repeat(margin + 2)}${from}${to.padStart(width - from.length)}`;
  const legend = curves.map(({ name }, i) => `${marks[i % marks.length]} ${name}`).join('   ');
  return [title, ...lines, axis, steps, legend].join('\n');
}

const colours = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed', '#0891b2', '#be185d'];
const dashes = ['', '6 3', '2 2', '8 3 2 3'];

/** A picture for each metric, one under the other; colours, and dashes when colours run out. */
export function svgPlot(
  plots: readonly { readonly title: string; readonly curves: readonly Curve[] }[],
): string {
  const [width, height, left, top] = [640, 260, 70, 34];
  const drawn = plots.map(({ title, curves }, n) => {
    const box = boxOf(curves);
    if (!box) return '';
    const x = (value: number) => left + share(value, box.x) * (width - left - 20);
    const y = (value: number) => height - 30 - share(value, box.y) * (height - 30 - top);
    const lines = curves.map(({ points }, i) => {
      const path = points
        .filter(([, value]) => Number.isFinite(value))
        .map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`)
        .join(' ');
      return `<polyline fill="none" stroke-width="1.5" ${styleOf(i)} points="${path}"/>`;
    });
    const texts = [
      `<text x="${left}" y="20" font-weight="bold">${escaped(title)}</text>`,
      `<text x="${left - 6}" y="${top + 4}" text-anchor="end">${short(box.y[1])}</text>`,
      `<text x="${left - 6}" y="${height - 26}" text-anchor="end">${short(box.y[0])}</text>`,
      `<text x="${left}" y="${height - 12}">${box.x[0]}</text>`,
      `<text x="${width - 20}" y="${height - 12}" text-anchor="end">step ${box.x[1]}</text>`,
    ];
    const frame = `<path fill="none" stroke="#999" d="M${left} ${top}V${height - 30}H${width - 20}"/>`;
    return `<g transform="translate(0 ${n * height})">${frame}${lines.join('')}${texts.join('')}</g>`;
  });
  const names = plots[0]?.curves.map(({ name }) => name) ?? [];
  const legendAt = plots.length * height;
  const legend = names.map(
    (name, i) =>
      `<line x1="${left}" x2="${left + 30}" y1="${legendAt + 12 + 18 * i}" y2="${legendAt + 12 + 18 * i}" stroke-width="2" ${styleOf(i)}/><text x="${left + 38}" y="${legendAt + 16 + 18 * i}">${escaped(name)}</text>`,
  );
  const total = legendAt + 18 * names.length + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12" fill="#222"><rect width="${width}" height="${total}" fill="#fff"/>${drawn.join('')}${legend.join('')}</svg>\n`;
}

function styleOf(i: number): string {
  const dash = dashes[Math.floor(i / colours.length) % dashes.length];
  return `stroke="${colours[i % colours.length]}"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
