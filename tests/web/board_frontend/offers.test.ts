import { describe, expect, test } from 'vitest'
import { NO_FILTERS, matches } from '@/filters'
import { askedWorkers, grabText, isAsked, isGrab, unwantedText } from '@/offers'
import { alarmCard, orderCard } from './cards'

const due_at = '2026-11-23T02:01:00.000Z'
const asked = [3, 4].map((id) => ({ id: id * 10, worker: { id, name: `师傅${id}` }, due_at, grab: true, channel: 'socket' as const }))
const grab = orderCard({ id: 1, phase: 'DISPATCHING', offer: asked[0]!, offers: asked, asked: 2 })

describe('an order that several are asked for', () => {
  test('says how many, and who', () => {
    expect(isGrab(grab)).toBe(true)
    expect(grabText(grab)).toBe('抢单中 · 2 人')
    expect(askedWorkers(grab)).toEqual(['师傅3', '师傅4'])
  })

  test('is on the pane of each of them, and of nobody else', () => {
    expect([3, 4, 5].map((id) => isAsked(grab, id))).toEqual([true, true, false])
  })

  test('is found by any of their names', () => {
    expect(matches(grab, { ...NO_FILTERS, text: '师傅4' }, 0)).toBe(true)
  })

  test('is no grab when one alone is asked', () => {
    const alone = { ...asked[0]!, grab: false, channel: 'socket' as const }
    expect(isGrab(orderCard({ id: 2, offer: alone, offers: [alone], asked: 1 }))).toBe(false)
  })
})

describe('an order that nobody has', () => {
  test('says whether it is a dispatcher who has to begin', () => {
    const order = orderCard({ id: 7, phase: 'DISPATCHING', exhausted: true })
    expect(unwantedText(order, [alarmCard({ id: 1, kind: 'by_hand', order_id: 7 })])).toBe('待人工派单')
    expect(unwantedText(order, [alarmCard({ id: 1, kind: 'by_hand', order_id: 8 })])).toBe('无人接单')
  })
})
