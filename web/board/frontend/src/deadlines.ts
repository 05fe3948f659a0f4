/** What an order is waiting for, until when, and how to say it. Pure: the clock is an argument. Times are epoch ms. */

import type { OrderCard, Phase } from '@/protocol'

export type DueKind = 'payment' | 'offer' | 'visit' | 'depart' | 'arrive' | 'absent' | 'finish' | 'confirm'

export interface Due {
  kind: DueKind
  at: number
}

/**
 * `late`: a promise to the customer is broken, a dispatcher must look. `will`: it will be, by where the worker is now. `soon`:
 * its moment is within the lead time.
 */
export type Urgency = 'calm' | 'soon' | 'over' | 'will' | 'late'

interface DueWords {
  ahead: string
  past: string
  lead_ms: number
  /** Passing it breaks a promise; the others only lapse, and their actor deals with it. */
  late: boolean
}

const MINUTE = 60_000

const WORDS: Record<DueKind, DueWords> = {
  payment: { ahead: '付款', past: '付款超时', lead_ms: 2 * MINUTE, late: false },
  offer: { ahead: '应答', past: '应答超时', lead_ms: 10_000, late: false },
  visit: { ahead: '距上门', past: '误点', lead_ms: 60 * MINUTE, late: true },
  depart: { ahead: '出发', past: '迟出发', lead_ms: 10 * MINUTE, late: true },
  arrive: { ahead: '到达', past: '迟到', lead_ms: 10 * MINUTE, late: true },
  absent: { ahead: '等用户', past: '已等满', lead_ms: 5 * MINUTE, late: false },
  finish: { ahead: '预计剩', past: '超预计', lead_ms: 0, late: false },
  confirm: { ahead: '自动确认', past: '确认中', lead_ms: 0, late: false },
}

/** The one deadline that counts in the order's phase, or null where nobody waits for a moment. */
export function dueOf(order: OrderCard): Due | null {
  const { deadlines } = order
  switch (order.phase) {
    case 'AWAITING_PAYMENT':
      return due('payment', deadlines.payment_due)
    case 'DISPATCHING':
      return order.offer ? due('offer', order.offer.due_at) : due('visit', order.starts_at)
    case 'ACCEPTED':
      return due('depart', deadlines.depart_by)
    case 'EN_ROUTE':
      return due('arrive', deadlines.arrive_by)
    case 'ARRIVED':
      return due('absent', deadlines.absent_until)
    case 'IN_SERVICE':
      return { kind: 'finish', at: Date.parse(order.phase_since) + order.duration_s * 1000 }
    case 'AWAITING_CONFIRMATION':
      return due('confirm', deadlines.autoconfirm_at)
    default:
      return null
  }
}

function due(kind: DueKind, at: string | null): Due | null {
  return at === null ? null : { kind, at: Date.parse(at) }
}

/** delay_ms: so much too late the worker will be there, see eta.ts. */
export function urgencyOf(order: OrderCard, now: number, delay_ms = 0): Urgency {
  const next = dueOf(order)
  // An offer may still be running for an order whose visit should have begun already.
  if (order.phase === 'DISPATCHING' && Date.parse(order.starts_at) <= now) return 'late'
  if (next === null) return 'calm'
  const words = WORDS[next.kind]
  if (now >= next.at) return words.late ? 'late' : 'over'
  if (delay_ms > 0) return 'will'
  return next.at - now <= words.lead_ms ? 'soon' : 'calm'
}

export function isLate(order: OrderCard, now: number): boolean {
  return urgencyOf(order, now) === 'late'
}

/** The order's countdown in words: 出发 12 分, 将迟到 5 分, 迟到 3 分, 应答 0:24. Empty where nothing is awaited. */
export function dueText(order: OrderCard, now: number, delay_ms = 0): string {
  const next = dueOf(order)
  if (next === null) return sinceText(order, now)
  if (urgencyOf(order, now, delay_ms) === 'will') return `将迟到 ${minutesText(delay_ms)}`
  const words = WORDS[next.kind]
  return now >= next.at ? `${words.past} ${minutesText(now - next.at)}` : `${words.ahead} ${spanText(next.at - now)}`
}

/** The same for a tile, where the lane says what is awaited and every millimetre counts: 12分, 将迟5分, 迟3分, 0:24. */
export function briefDueText(order: OrderCard, now: number, delay_ms = 0): string {
  const next = dueOf(order)
  if (next === null) return briefly(sinceText(order, now)).replace('已到', '')
  if (urgencyOf(order, now, delay_ms) === 'will') return `将迟${briefly(minutesText(delay_ms))}`
  if (now < next.at) return briefly(spanText(next.at - now))
  return `${WORDS[next.kind].late ? '迟' : '超'}${briefly(minutesText(now - next.at))}`
}

function briefly(text: string): string {
  return text.replace(/ 时 .*/, '时').replaceAll(' ', '')
}

/** Nothing is due of a worker at the door, but one sees how long he has been standing there. */
function sinceText(order: OrderCard, now: number): string {
  return order.phase === 'ARRIVED' ? `已到 ${minutesText(Math.max(0, now - Date.parse(order.phase_since)))}` : ''
}

/** What the countdowns of a lane count down to. */
export const LANE_CAPTIONS: Partial<Record<Phase, string>> = {
  AWAITING_PAYMENT: '付款剩余',
  DISPATCHING: '应答 / 上门',
  ACCEPTED: '距应出发',
  EN_ROUTE: '距应到达',
  ARRIVED: '门口等候',
  IN_SERVICE: '预计剩余',
  AWAITING_CONFIRMATION: '自动确认',
}

/** A span that is running out: by the second in its last ten minutes, coarser before. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  if (seconds < 600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  return minutesText(seconds * 1000)
}

/** A span by the minute: <1 分, 12 分, 3 时 05 分, 2 天. */
export function minutesText(ms: number): string {
  const minutes = Math.floor(ms / MINUTE)
  if (minutes < 1) return '<1 分'
  if (minutes < 60) return `${minutes} 分`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} 时 ${String(minutes % 60).padStart(2, '0')} 分`
  return `${Math.floor(minutes / 1440)} 天`
}

/** How long ago, for ages of data and alarms: 3 秒, 4 分 05 秒, 2 时 10 分. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} 秒`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分 ${String(seconds % 60).padStart(2, '0')} 秒`
  return minutesText(ms)
}
