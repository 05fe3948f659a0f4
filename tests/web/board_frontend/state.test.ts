/** That any sequence of events leads to a fresh snapshot is tried with the server's own: test_snapshot_and_events.py. */

import { describe, expect, test } from 'vitest'
import type { BoardEvent } from '@/protocol'
import { type BoardState, EMPTY, hasGap, reduce, shanghaiDay } from '@/state'
import { orderCard } from './cards'

const MIDNIGHT = Date.parse('2026-11-23T16:00:00Z')

describe('the reducer', () => {
  const placed = (offset: number, id: number, over: object = {}): BoardEvent => ({
    offset,
    envelope: {
      id: `e${offset}`,
      source: '/doorbell',
      subject: String(id),
      type: 'order.placed',
      time: '2026-11-23T02:00:00.000Z',
      data: { order: orderCard({ id, ...over }) },
    },
  })
  const today: BoardState = { ...EMPTY, counters: { ...EMPTY.counters, day: '2026-11-23' } }

  test('gives the same object back when nothing is new', () => {
    const state = reduce(today, [placed(1, 10)])
    expect(reduce(state, [placed(1, 10)])).toBe(state)
  })

  test('keeps the cards that did not change the same objects', () => {
    const first = reduce(today, [placed(1, 10), placed(2, 11)])
    const second = reduce(first, [placed(3, 11, { version: 2, phase: 'DISPATCHING' })])
    expect(second.orders.get(10)).toBe(first.orders.get(10))
    expect(second.workers).toBe(first.workers)
    expect(first.orders.get(11)?.phase).toBe('AWAITING_PAYMENT')
  })

  test('ignores a card that is older than the one it holds', () => {
    const state = reduce(today, [placed(1, 10, { version: 5, phase: 'ACCEPTED' }), placed(2, 10, { version: 4 })])
    expect(state.orders.get(10)?.phase).toBe('ACCEPTED')
    expect(state.offset).toBe(2)
  })

  test('does not bring back an order that has ended', () => {
    const end = placed(2, 10, { version: 3, ended_at: '2026-11-23T03:00:00.000Z' })
    const stale = placed(3, 10, { version: 2 })
    stale.envelope.type = 'order.paid'
    const state = reduce(today, [placed(1, 10), end, stale])
    expect(state.orders.size).toBe(0)
  })

  test('counts the orders of its own day only', () => {
    const late = placed(1, 10)
    late.envelope.time = new Date(MIDNIGHT).toISOString()
    const state = reduce(today, [late])
    expect(state.counters.placed).toBe(0)
    expect(state.orders.has(10)).toBe(true)
  })

  test('knows when an event is missing', () => {
    const state = reduce(today, [placed(1, 10)])
    expect(hasGap(state, [placed(2, 11), placed(3, 12)])).toBe(false)
    expect(hasGap(state, [placed(1, 10), placed(2, 11)])).toBe(false)
    expect(hasGap(state, [placed(2, 11), placed(4, 13)])).toBe(true)
  })
})

test('a day of Shanghai begins at 16:00 UTC', () => {
  expect(shanghaiDay(MIDNIGHT - 1)).toBe('2026-11-23')
  expect(shanghaiDay(MIDNIGHT)).toBe('2026-11-24')
})
