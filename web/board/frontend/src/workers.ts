/** What a worker is doing, from his card and the order that he is on. */

import type { OrderCard, Phase } from '@/protocol'
import type { BoardState, Worker } from '@/state'

export type Doing = 'idle' | 'travelling' | 'serving' | 'off'

/** A word, one character for the map, and the order in which a dispatcher looks for people. */
export const DOING: Record<Doing, { word: string; sign: string; rank: number }> = {
  idle: { word: '待命', sign: '闲', rank: 0 },
  travelling: { word: '途中', sign: '途', rank: 1 },
  serving: { word: '服务中', sign: '服', rank: 2 },
  off: { word: '休息', sign: '休', rank: 3 },
}

/** How he can be reached: the app before him, the app away, not listening. */
export const REACHES: Record<Worker['reach'], string> = { front: '前台', back: '后台', rest: '休息' }

const IN_HAND: Partial<Record<Phase, Doing>> = { EN_ROUTE: 'travelling', ARRIVED: 'serving', IN_SERVICE: 'serving' }

export interface WorkerRow {
  worker: Worker
  doing: Doing
  /** The order that he travels to or serves. */
  order: OrderCard | undefined
}

/** Worker → the order he travels to or serves; of several the one that starts last, as the server chooses. */
export function inHand(orders: Iterable<OrderCard>): Map<number, OrderCard> {
  const hands = new Map<number, OrderCard>()
  for (const order of orders) {
    if (order.worker === null || !(order.phase in IN_HAND)) continue
    const held = hands.get(order.worker.id)
    if (held === undefined || startsLater(order, held)) hands.set(order.worker.id, order)
  }
  return hands
}

function startsLater(order: OrderCard, than: OrderCard): boolean {
  const apart = Date.parse(order.starts_at) - Date.parse(than.starts_at)
  return apart > 0 || (apart === 0 && order.id > than.id)
}

export function doingOf(worker: Worker, order: OrderCard | undefined): Doing {
  return (order && IN_HAND[order.phase]) ?? (worker.state === 'on_duty' ? 'idle' : 'off')
}

/** Everybody of the city, those who can be sent first. */
export function rosterOf(state: BoardState): WorkerRow[] {
  const hands = inHand(state.orders.values())
  const rows = [...state.workers.values()].map((worker) => {
    const order = hands.get(worker.id)
    return { worker, order, doing: doingOf(worker, order) }
  })
  return rows.sort((a, b) => DOING[a.doing].rank - DOING[b.doing].rank || a.worker.id - b.worker.id)
}
