/** Numbers as people read them. */
export function spokenTime(milliseconds: number): string {
  if (milliseconds < 1) return `${(1000 * milliseconds).toPrecision(3)} µs`;
  return milliseconds < 1000
    ? `${milliseconds.toPrecision(3)} ms`
    : `${(milliseconds / 1000).toPrecision(3)} s`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0;
  let value = bytes;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000;
    i++;
  }
  return `${i ? value.toPrecision(3) : value} ${units[i]}`;
}

export const spokenError = (error: number) => (error === 0 ? '0' : error.toExponential(1));

/** Short marks for an axis. */
export function spokenNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 10000 || size < 0.001) return value.toExponential(0);
  return String(Number(value.toPrecision(3)));
}
