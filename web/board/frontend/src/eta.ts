/** When a worker will be there, by where he was seen last: the platform's own reckoning of ways. Pure; metres, epoch ms. */

import type { OrderCard, Phase, Position, Travel } from '@/protocol'

export interface Spot {
  lng: number
  lat: number
}

export interface Arrival {
  at: number
  /** So much later than he should be there at the latest; 0 where he will be in time. */
  late_ms: number
}

/** Who was not seen for so long may be anywhere. */
const FRESH_MS = 300_000
/** What is less than this is the position's own error. */
const SURE_MS = 15_000
const METRES_PER_DEGREE = 111_195
const TO_COME: ReadonlySet<Phase> = new Set<Phase>(['ACCEPTED', 'EN_ROUTE'])

/** As the crow flies; good to a thousandth within a city. */
export function metresBetween(a: Spot, b: Spot): number {
  const narrowing = Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180)
  return Math.hypot((b.lng - a.lng) * narrowing, b.lat - a.lat) * METRES_PER_DEGREE
}

/** 320 米, 1.2 公里. */
export function distanceText(metres: number): string {
  return metres < 995 ? `${Math.round(metres / 10) * 10} 米` : `${(metres / 1000).toFixed(1)} 公里`
}

/**
 * The soonest that the order's worker can be there; null where he is expected by nobody, or was not seen of late. One who has
 * not left yet will hardly leave this moment: late is then what he will be at least.
 */
export function arrivalOf(order: OrderCard, seen: Position, travel: Travel, now: number): Arrival | null {
  const { arrive_by } = order.deadlines
  const left_at = order.phase === 'EN_ROUTE' ? Date.parse(seen.at) : now
  if (!TO_COME.has(order.phase) || arrive_by === null || now - Date.parse(seen.at) > FRESH_MS) return null
  const way_ms = ((metresBetween(seen, order) * travel.detour) / travel.speed_mps) * 1000
  const at = Math.max(now, left_at + way_ms)
  const late_ms = at - Date.parse(arrive_by)
  return { at, late_ms: late_ms > SURE_MS ? late_ms : 0 }
}
