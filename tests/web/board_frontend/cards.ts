/** Cards as the server sends them, for the tests. That the types are the server's: tests/web/board/test_page_types.py. */

import type { AlarmCard, OrderCard } from '@/protocol'

export function orderCard(over: Partial<OrderCard> & { id: number }): OrderCard {
  return {
    version: 1,
    city: 'hangzhou',
    phase: 'AWAITING_PAYMENT',
    phase_since: '2026-11-23T02:00:00.000Z',
    starts_at: '2026-11-23T04:00:00.000Z',
    duration_s: 7200,
    service: { id: 1, name: '日常保洁' },
    district: '西湖区',
    lng: 120.13,
    lat: 30.26,
    worker: null,
    offer: null,
    offers: [],
    asked: 0,
    exhausted: false,
    needs_ops: false,
    payment: 'unpaid',
    settlement: 'none',
    deadlines: {
      payment_due: null,
      offer_due: null,
      depart_by: null,
      arrive_by: null,
      autoconfirm_at: null,
      review_until: null,
      absent_until: null,
    },
    steps_done: 0,
    steps_total: 4,
    placed_at: '2026-11-23T02:00:00.000Z',
    ended_at: null,
    ...over,
  }
}

export function alarmCard(over: Partial<AlarmCard> & { id: number }): AlarmCard {
  return {
    kind: 'nobody_accepts',
    order_id: 1,
    withdrawal_id: null,
    worker: null,
    raised_at: '2026-11-23T02:00:00.000Z',
    ring_again_at: '2026-11-23T02:03:00.000Z',
    owner: 'dispatcher',
    due_at: '2026-11-23T02:03:00.000Z',
    taken_by: null,
    next_step: '手动指派；没有合适的人就联系用户',
    ...over,
  }
}
