const KIB = 1024;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `12 KiB`, `3.4 MiB`. */
export function sayBytes(bytes: number): string {
  let [value, unit] = [bytes / KIB, 0];
  for (; value >= KIB && unit < UNITS.length - 1; unit++) value /= KIB;
  return unit === 0 ? `${Math.ceil(value)} KiB` : `${value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
