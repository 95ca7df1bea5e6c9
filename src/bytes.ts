/** Numbers of bytes for people. */
export function describeBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  const unit = bytes < 2 ** 20 ? 1 : bytes < 2 ** 30 ? 2 : 3;
  return `${(bytes / 1024 ** unit).toFixed(unit === 3 ? 2 : 1).replace(/\.0+$/, '')} ${['', 'KiB', 'MiB', 'GiB'][unit]}`;
}
