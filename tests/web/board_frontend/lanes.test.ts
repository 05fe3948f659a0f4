import { describe, expect, test } from 'vitest'
import { NO_FILTERS } from '@/filters'
import { lanesOf, neighbour } from '@/lanes'
import { foldedAtFirst } from '@/phases'
import type { OrderCard } from '@/protocol'
import { doingOf, inHand } from '@/workers'
import { orderCard } from './cards'

function due(id: number, depart_by: string): OrderCard {
  const card = orderCard({ id, phase: 'ACCEPTED' })
  return { ...card, deadlines: { ...card.deadlines, depart_by } }
}

function numbers(orders: OrderCard[], phase: OrderCard['phase']): number[] {
  const lane = lanesOf(orders, NO_FILTERS, 0).find((one) => one.phase === phase)
  return (lane?.orders ?? []).map((order) => order.id)
}

describe('a lane', () => {
  test('has what is due first on top', () => {
    const orders = [due(1, '2026-11-23T05:00:00Z'), due(2, '2026-11-23T03:00:00Z'), due(3, '2026-11-23T04:00:00Z')]
    expect(numbers(orders, 'ACCEPTED')).toEqual([2, 3, 1])
  })

  test('of orders to be dispatched has those that nobody accepts on top, then the next visit', () => {
    const orders = [
      orderCard({ id: 1, phase: 'DISPATCHING', starts_at: '2026-11-23T05:00:00Z' }),
      orderCard({ id: 2, phase: 'DISPATCHING', starts_at: '2026-11-23T04:00:00Z' }),
      orderCard({ id: 3, phase: 'DISPATCHING', starts_at: '2026-11-23T09:00:00Z', exhausted: true }),
    ]
    expect(numbers(orders, 'DISPATCHING')).toEqual([3, 2, 1])
  })

  test('does not rearrange itself when an offer goes to the next worker', () => {
    const orders = [1, 2].map((id) => orderCard({ id, phase: 'DISPATCHING', starts_at: `2026-11-23T0${id}:00:00Z` }))
    const offered = orders.map((order, at) => ({
      ...order,
      offer: { id: 5, worker: { id: 1, name: '王芳' }, due_at: at === 0 ? '2026-11-24T00:00:00Z' : '2026-11-22T00:00:00Z', grab: false, channel: 'socket' as const },
    }))
    expect(numbers(offered, 'DISPATCHING')).toEqual([1, 2])
  })
})

describe('an arrow key', () => {
  const lanes = lanesOf(
    [due(1, '2026-11-23T01:00:00Z'), due(2, '2026-11-23T02:00:00Z'), orderCard({ id: 3, phase: 'IN_SERVICE' })],
    NO_FILTERS,
    0,
  )

  test('moves within the lane and stops at its ends', () => {
    expect(neighbour(lanes, 1, 'ArrowDown')).toBe(2)
    expect(neighbour(lanes, 2, 'ArrowDown')).toBeNull()
    expect(neighbour(lanes, 2, 'Home')).toBe(1)
    expect(neighbour(lanes, 1, 'End')).toBe(2)
  })

  test('moves to the next lane that has orders, to the same row or the last', () => {
    expect(neighbour(lanes, 2, 'ArrowRight')).toBe(3)
    expect(neighbour(lanes, 3, 'ArrowLeft')).toBe(1)
    expect(neighbour(lanes, 3, 'ArrowRight')).toBeNull()
  })

  test('is left alone when it is another key', () => {
    expect(neighbour(lanes, 1, 'x')).toBeUndefined()
  })
})

describe('a worker', () => {
  const worker = { id: 9, name: '王芳', city: 'hangzhou', state: 'on_duty' as const, reach: 'front' as const, rating: '', skills: [] }
  const mine = { worker: { id: 9, name: '王芳' } }

  test('does what his order says', () => {
    expect(doingOf(worker, undefined)).toBe('idle')
    expect(doingOf(worker, orderCard({ id: 1, phase: 'EN_ROUTE' }))).toBe('travelling')
    expect(doingOf(worker, orderCard({ id: 1, phase: 'ARRIVED' }))).toBe('serving')
    expect(doingOf({ ...worker, state: 'off_duty' }, undefined)).toBe('off')
  })

  test('serves to the end even when he has turned his switch', () => {
    expect(doingOf({ ...worker, state: 'off_duty' }, orderCard({ id: 1, phase: 'IN_SERVICE' }))).toBe('serving')
  })

  test('has in hand what he travels to or serves, not what comes later', () => {
    const orders = [orderCard({ id: 1, phase: 'ACCEPTED', ...mine }), orderCard({ id: 2, phase: 'EN_ROUTE', ...mine })]
    expect(inHand(orders).get(9)?.id).toBe(2)
    expect(inHand(orders.slice(0, 1)).has(9)).toBe(false)
  })

  test('has in hand, of several, the one that starts last', () => {
    const first = orderCard({ id: 1, phase: 'EN_ROUTE', starts_at: '2026-11-23T09:00:00.000Z', ...mine })
    const second = orderCard({ id: 2, phase: 'IN_SERVICE', phase_since: '2026-11-23T08:30:00.000Z', ...mine })
    expect(inHand([first, second]).get(9)?.id).toBe(1)
    expect(inHand([second, first]).get(9)?.id).toBe(1)
  })
})

test('what waits for the customer alone starts folded where the page is narrow', () => {
  expect(foldedAtFirst(1440)).toEqual(['COMPLETED', 'CANCELLED'])
  expect(foldedAtFirst(1280)).toContain('AWAITING_PAYMENT')
})
