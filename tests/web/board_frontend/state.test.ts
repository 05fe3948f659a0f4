import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BoardEvent } from '@/protocol'
import { type BoardState, EMPTY, fromSnapshot, hasGap, reduce, shanghaiDay } from '@/state'
import { City, MIDNIGHT, orderCard } from './city'

const acts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 120 })

/** A state to compare: maps remember the order of insertion, which nobody sees. */
function shown(state: BoardState): unknown {
  return { ...state, orders: sorted(state.orders), workers: sorted(state.workers), alarms: sorted(state.alarms) }
}

function sorted(cards: ReadonlyMap<number, unknown>): unknown[] {
  return [...cards].sort(([a], [b]) => a - b)
}

function inBatches(events: BoardEvent[], sizes: number[]): BoardEvent[][] {
  const batches: BoardEvent[][] = []
  for (let at = 0, turn = 0; at < events.length; turn++) {
    const size = (sizes[turn % sizes.length] ?? 0) + 1
    batches.push(events.slice(at, at + size))
    at += size
  }
  return batches
}

describe('the state after any sequence of events', () => {
  test('equals a fresh snapshot, however the events are batched', () => {
    fc.assert(
      fc.property(acts, acts, fc.array(fc.nat({ max: 9 }), { minLength: 1 }), (before, after, sizes) => {
        const city = new City(MIDNIGHT - 86_400_000)
        before.forEach((choice) => city.act(choice))
        const start = city.snapshot()
        after.forEach((choice) => city.act(choice))
        const events = city.log.slice(start.stream.offset)
        const state = inBatches(events, sizes).reduce(reduce, fromSnapshot(start))
        expect(shown(state)).toEqual(shown(fromSnapshot(city.snapshot())))
      }),
    )
  })

  test('equals a fresh snapshot when events come again, in any order after their first time', () => {
    fc.assert(
      fc.property(acts, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }), (choices, repeats) => {
        const city = new City(MIDNIGHT - 86_400_000)
        const start = city.snapshot()
        choices.forEach((choice) => city.act(choice))
        const heard = [...city.log]
        for (const [what, where] of repeats) {
          if (city.log.length === 0) break
          const index = what % city.log.length
          const first = heard.findIndex((event) => event.offset === index + 1)
          heard.splice(first + 1 + (where % (heard.length - first)), 0, city.log[index] as BoardEvent)
        }
        const state = heard.reduce((held, event) => reduce(held, [event]), fromSnapshot(start))
        expect(shown(state)).toEqual(shown(fromSnapshot(city.snapshot())))
      }),
    )
  })

  test('equals a fresh snapshot when the snapshot already held the first events that come after it', () => {
    // The server reads the offset before the state, so what happened in between comes twice. An order that was both placed
    // and ended in between cannot be told from a new one; it takes milliseconds to read a snapshot and an order lives longer.
    fc.assert(
      fc.property(acts, fc.array(fc.nat({ max: 100_000 }), { maxLength: 6 }), acts, (before, between, after) => {
        const city = new City(MIDNIGHT - 86_400_000)
        before.forEach((choice) => city.act(choice))
        const position = city.log.length
        between.forEach((choice) => city.act(choice))
        const briefly = city.log.slice(position)
        const placed = briefly.filter(({ envelope }) => envelope.type === 'order.placed')
        const ended = briefly.filter(({ envelope }) => envelope.data.order?.ended_at)
        fc.pre(!placed.some((a) => ended.some((b) => a.envelope.data.order?.id === b.envelope.data.order?.id)))
        const start = city.snapshot(position)
        after.forEach((choice) => city.act(choice))
        const state = reduce(fromSnapshot(start), city.log)
        expect(shown(state)).toEqual(shown(fromSnapshot(city.snapshot())))
      }),
    )
  })
})

describe('the reducer', () => {
  const placed = (offset: number, id: number, over: object = {}): BoardEvent => ({
    offset,
    envelope: {
      id: `e${offset}`,
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
