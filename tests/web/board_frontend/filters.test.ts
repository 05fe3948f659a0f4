import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matches, NO_FILTERS, type Place, readPlace, writePlace } from '@/filters'
import { orderCard } from './cards'

const place = fc.record<Place>({
  district: fc.string(),
  service: fc.option(fc.nat()),
  text: fc.string(),
  late: fc.boolean(),
  order: fc.option(fc.nat()),
})

describe('the address', () => {
  test('gives back what was written into it', () => {
    fc.assert(
      fc.property(place, (given) => {
        expect(readPlace(writePlace(given))).toEqual(given)
      }),
    )
  })

  test('is empty without filters', () => {
    expect(writePlace({ ...NO_FILTERS, order: null })).toBe('')
  })

  test('that somebody wrote by hand does no harm', () => {
    expect(readPlace('#service=abc&order=-1&late=yes')).toEqual({ ...NO_FILTERS, order: null })
  })
})

describe('the text', () => {
  const order = orderCard({ id: 4121, worker: { id: 3, name: '王芳' } })
  const found = (text: string): boolean => matches(order, { ...NO_FILTERS, text }, 0)

  test('finds by a part of the number or the exact number', () => {
    expect(found('412')).toBe(true)
    expect(found('#4121')).toBe(true)
    expect(found('#412')).toBe(false)
  })

  test('finds by the worker or by whom the order is offered to', () => {
    expect(found('王')).toBe(true)
    expect(found('李')).toBe(false)
    const offered = orderCard({ id: 1 })
    offered.offers = [{ id: 1, worker: { id: 9, name: '李雷' }, due_at: offered.starts_at, grab: false, channel: 'socket' as const }]
    expect(matches(offered, { ...NO_FILTERS, text: '李雷' }, 0)).toBe(true)
  })
})

test('all filters must hold', () => {
  const order = orderCard({ id: 1, district: '西湖区' })
  expect(matches(order, { ...NO_FILTERS, district: '西湖区', service: 1 }, 0)).toBe(true)
  expect(matches(order, { ...NO_FILTERS, district: '西湖区', service: 2 }, 0)).toBe(false)
  expect(matches(order, { ...NO_FILTERS, late: true }, 0)).toBe(false)
})
