/** Orders into lanes: which are in, in which order. Pure, and independent of the clock except for the late filter. */

import { dueOf } from '@/deadlines'
import { type Filters, matches } from '@/filters'
import { LANES } from '@/phases'
import type { OrderCard, Phase } from '@/protocol'

export interface Lane {
  phase: Phase
  orders: OrderCard[]
}

export function lanesOf(orders: Iterable<OrderCard>, filters: Filters, now: number): Lane[] {
  const lanes = new Map<Phase, OrderCard[]>(LANES.map((phase) => [phase, []]))
  for (const order of orders) if (matches(order, filters, now)) lanes.get(order.phase)?.push(order)
  return LANES.map((phase) => ({ phase, orders: inOrderOfNeed(lanes.get(phase) ?? []) }))
}

/** What is due first stands first, so that the late ones are on top and stay there while the clock runs. */
function inOrderOfNeed(orders: OrderCard[]): OrderCard[] {
  const keyed = orders.map((order) => ({ order, key: needOf(order) }))
  keyed.sort((a, b) => a.key - b.key || a.order.id - b.order.id)
  return keyed.map(({ order }) => order)
}

function needOf(order: OrderCard): number {
  // By the visit, not by the offer's deadline: offers follow each other every half minute, and the list would never rest.
  if (order.phase === 'DISPATCHING') return Date.parse(order.starts_at) - (order.exhausted ? 1e13 : 0)
  return dueOf(order)?.at ?? Date.parse(order.phase_since)
}

/** The order that an arrow key leads to from `id`; null at an edge, undefined for other keys. */
export function neighbour(lanes: readonly Lane[], id: number, key: string): number | null | undefined {
  const column = lanes.findIndex(({ orders }) => orders.some((order) => order.id === id))
  const orders = lanes[column]?.orders ?? []
  const row = orders.findIndex((order) => order.id === id)
  const step = { ArrowDown: 1, ArrowUp: -1 }[key]
  if (step) return orders[row + step]?.id ?? null
  if (key === 'Home' || key === 'End') return orders.at(key === 'Home' ? 0 : -1)?.id ?? null
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined
  const beside = key === 'ArrowLeft' ? lanes.slice(0, column).reverse() : lanes.slice(column + 1)
  const target = beside.find((lane) => lane.orders.length > 0)?.orders ?? []
  return (target[row] ?? target.at(-1))?.id ?? null
}

/** The number of services and districts that the filters can offer, by what is on the board. */
export function choicesOf(orders: Iterable<OrderCard>): { districts: string[]; services: { id: number; name: string }[] } {
  const districts = new Set<string>()
  const services = new Map<number, string>()
  for (const order of orders) {
    districts.add(order.district)
    services.set(order.service.id, order.service.name)
  }
  const byName = (a: string, b: string): number => a.localeCompare(b, 'zh-CN')
  return {
    districts: [...districts].sort(byName),
    services: [...services].map(([id, name]) => ({ id, name })).sort((a, b) => byName(a.name, b.name)),
  }
}
