import { describe, expect, test } from 'vitest'
import { ageText, briefDueText, dueText, isLate, spanText, urgencyOf } from '@/deadlines'
import type { OrderCard } from '@/protocol'
import { orderCard } from './cards'

const NOW = Date.parse('2026-11-23T04:00:00.000Z')

function at(seconds: number): string {
  return new Date(NOW + seconds * 1000).toISOString()
}

function waiting(phase: OrderCard['phase'], deadline: keyof OrderCard['deadlines'], seconds: number): OrderCard {
  const card = orderCard({ id: 1, phase, starts_at: at(3600) })
  return { ...card, deadlines: { ...card.deadlines, [deadline]: at(seconds) } }
}

describe('lateness', () => {
  test('begins with the deadline, not before', () => {
    const order = waiting('ACCEPTED', 'depart_by', 1)
    expect(isLate(order, NOW)).toBe(false)
    expect(isLate(order, NOW + 1000)).toBe(true)
  })

  test('is told by a word and minutes', () => {
    expect(dueText(waiting('ACCEPTED', 'depart_by', -30), NOW)).toBe('迟出发 <1 分')
    expect(dueText(waiting('EN_ROUTE', 'arrive_by', -720), NOW)).toBe('迟到 12 分')
    expect(briefDueText(waiting('EN_ROUTE', 'arrive_by', -720), NOW)).toBe('迟12分')
  })

  test('is not what a lapsed payment or offer is: their actor deals with them', () => {
    expect(urgencyOf(waiting('AWAITING_PAYMENT', 'payment_due', -1), NOW)).toBe('over')
    const offered: OrderCard = {
      ...orderCard({ id: 1, phase: 'DISPATCHING', starts_at: at(3600) }),
      offer: { id: 2, worker: { id: 3, name: '王芳' }, due_at: at(-1), grab: false, channel: 'socket' as const },
    }
    expect(urgencyOf(offered, NOW)).toBe('over')
  })

  test('is what an order without anybody is when its visit should have begun', () => {
    const order = orderCard({ id: 1, phase: 'DISPATCHING', starts_at: at(-1) })
    expect(urgencyOf(order, NOW)).toBe('late')
  })

  test('does not follow from a deadline of another phase', () => {
    expect(isLate(waiting('IN_SERVICE', 'arrive_by', -600), NOW)).toBe(false)
  })
})

describe('who will be late', () => {
  const order = waiting('EN_ROUTE', 'arrive_by', 240)

  test('is said before the clock says it, with the minutes', () => {
    expect(urgencyOf(order, NOW, 360_000)).toBe('will')
    expect(dueText(order, NOW, 360_000)).toBe('将迟到 6 分')
    expect(briefDueText(order, NOW, 360_000)).toBe('将迟6分')
  })

  test('is late once the clock says so, and counts from there', () => {
    expect(urgencyOf(order, NOW + 241_000, 360_000)).toBe('late')
    expect(dueText(order, NOW + 241_000, 360_000)).toBe('迟到 <1 分')
  })
})

describe('the lead time', () => {
  test('warns ten minutes before somebody has to leave', () => {
    expect(urgencyOf(waiting('ACCEPTED', 'depart_by', 601), NOW)).toBe('calm')
    expect(urgencyOf(waiting('ACCEPTED', 'depart_by', 600), NOW)).toBe('soon')
  })
})

describe('spans', () => {
  test('run by the second in their last ten minutes', () => {
    expect(spanText(599_000)).toBe('9:59')
    expect(spanText(9_400)).toBe('0:10')
    expect(spanText(-5)).toBe('0:00')
  })

  test('are coarser before', () => {
    expect(spanText(601_000)).toBe('10 分')
    expect(spanText(3 * 3600_000 + 5 * 60_000)).toBe('3 时 05 分')
    expect(spanText(50 * 3600_000)).toBe('2 天')
  })

  test('of ages are exact to the second', () => {
    expect(ageText(3_900)).toBe('3 秒')
    expect(ageText(125_000)).toBe('2 分 05 秒')
    expect(ageText(-10)).toBe('0 秒')
  })
})
