/** An Idempotency-Key: made at the first tap, sent again with every retry. */
export function newKey(): string {
  // A mini program has no crypto: time and chance are enough for what one person taps.
  const part = (): string => Math.floor(Math.random() * 0x1_0000_0000).toString(16).padStart(8, '0')
  return Date.now().toString(16).padStart(12, '0') + part() + part()
}
