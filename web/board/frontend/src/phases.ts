/** The words, the short sign and the lane of each phase. Colour comes by `data-phase` from tokens.css, never alone. */

import { PHASES, type Phase } from '@/protocol'

export const PHASE_NAMES: Record<Phase, string> = {
  AWAITING_PAYMENT: '待支付',
  DISPATCHING: '派单中',
  ACCEPTED: '待服务',
  EN_ROUTE: '已出发',
  ARRIVED: '已到达',
  IN_SERVICE: '服务中',
  AWAITING_CONFIRMATION: '待确认',
  EXCEPTION: '异常处理中',
  COMPLETED: '已完成',
  CANCELLED: '已取消',
}

export const LANES: readonly Phase[] = PHASES

/** Lanes that take no room while they are empty, and start folded: what is in them waits for nobody. */
export const QUIET: ReadonlySet<Phase> = new Set<Phase>(['EXCEPTION', 'COMPLETED', 'CANCELLED'])
const FOLDED_AT_FIRST: readonly Phase[] = ['COMPLETED', 'CANCELLED']
/** A page less wide than this, px, has no room for a lane that waits for the customer alone. */
const NARROW = 1400

export function foldedAtFirst(width: number): readonly Phase[] {
  return width < NARROW ? [...FOLDED_AT_FIRST, 'AWAITING_PAYMENT'] : FOLDED_AT_FIRST
}
