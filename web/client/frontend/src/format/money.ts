/** Fen as people read them: ¥128, ¥128.50, −¥5. */
export function yuan(fen: number): string {
  const sign = fen < 0 ? '−' : ''
  return `${sign}¥${plainYuan(Math.abs(fen))}`
}

/** Without the sign of the currency. */
export function plainYuan(fen: number): string {
  return fen % 100 === 0 ? String(fen / 100) : (fen / 100).toFixed(2)
}
