/** A small model of the server for the tests: orders, workers and alarms that move, the log of what happened, and snapshots. */

import { PHASES, type AlarmCard, type BoardEvent, type OrderCard, type Phase, type Snapshot, type WorkerCard } from '@/protocol'

export const MIDNIGHT = Date.parse('2026-11-23T16:00:00Z')
export const EPOCH = 'e1'

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
    worker: null,
    raised_at: '2026-11-23T02:00:00.000Z',
    ring_again_at: '2026-11-23T02:03:00.000Z',
    taken_by: null,
    next_step: '查看候选人并手动指派',
    ...over,
  }
}

/** Acts by numbers, so that a generator can drive it; the same numbers always tell the same story. */
export class City {
  readonly log: BoardEvent[] = []
  now: number
  private readonly orders = new Map<number, OrderCard>()
  private readonly workers = new Map<number, WorkerCard>()
  private readonly alarms = new Map<number, AlarmCard>()
  private counters = new Map<string, { placed: number; completed: number; cancelled: number }>()
  private ids = 0

  constructor(now = MIDNIGHT - 3_600_000) {
    this.now = now
  }

  act(choice: number): void {
    this.now += choice % 7000
    const acts = [this.place, this.advance, this.advance, this.advance, this.cancel, this.end, this.turn, this.alarm]
    acts[choice % acts.length]?.call(this, Math.floor(choice / acts.length))
  }

  snapshot(position = this.log.length): Snapshot {
    const day = dayOf(this.now)
    return {
      now: iso(this.now),
      city: { code: 'hangzhou', name: '杭州', center: { lng: 120.2, lat: 30.25 } },
      stream: { topic: 'board:hangzhou', epoch: EPOCH, offset: position },
      positions_topic: 'positions:hangzhou',
      orders: [...this.orders.values()].filter((order) => order.ended_at === null),
      workers: [...this.workers.values()].map((worker) => ({ ...worker, order: this.ids, position: null })),
      alarms: [...this.alarms.values()],
      counters: { day, ...(this.counters.get(day) ?? { placed: 0, completed: 0, cancelled: 0 }) },
    }
  }

  private place(): void {
    const order = orderCard({ id: ++this.ids, placed_at: iso(this.now), phase_since: iso(this.now) })
    this.count('placed')
    this.store(order, 'placed')
  }

  private advance(choice: number): void {
    const order = this.pick([...this.orders.values()].filter(isMoving), choice)
    if (!order) return this.place()
    const path = PHASES.filter((phase) => phase !== 'EXCEPTION' && phase !== 'CANCELLED') as Phase[]
    const phase = path[path.indexOf(order.phase) + (choice % 3 === 0 ? 0 : 1)] ?? 'COMPLETED'
    if (phase === 'COMPLETED') this.count('completed')
    // Completed by a customer and by a deadline are two types of event.
    this.store({ ...order, phase }, phase === 'COMPLETED' && choice % 2 ? 'autoconfirmed' : 'moved')
  }

  private cancel(choice: number): void {
    const order = this.pick([...this.orders.values()].filter(isMoving), choice)
    if (!order) return
    this.count('cancelled')
    this.store({ ...order, phase: 'CANCELLED' }, 'cancelled')
  }

  private end(choice: number): void {
    const over = [...this.orders.values()].filter((order) => !isMoving(order) && order.ended_at === null)
    const order = this.pick(over, choice)
    if (order) this.store({ ...order, ended_at: iso(this.now) }, 'closed')
  }

  private turn(choice: number): void {
    const id = (choice % 5) + 900
    const state = choice % 2 ? 'on_duty' : 'off_duty'
    const worker: WorkerCard = { id, name: `师傅${id}`, city: 'hangzhou', state, rating: '4.80', skills: [] }
    this.workers.set(id, worker)
    this.tell('worker.changed', { worker })
  }

  private alarm(choice: number): void {
    const id = (choice % 4) + 1
    const held = this.alarms.get(id)
    if (!held) {
      this.alarms.set(id, alarmCard({ id, raised_at: iso(this.now) }))
      return this.tell('alarm.raised', { alarm: this.alarms.get(id) })
    }
    if (held.taken_by === null) {
      this.alarms.set(id, { ...held, taken_by: { id: 7, name: '李雷' } })
      return this.tell('alarm.taken', { alarm: this.alarms.get(id) })
    }
    this.alarms.delete(id)
    this.tell('alarm.cleared', { alarm: held })
  }

  private store(order: OrderCard, type: string): void {
    const held = this.orders.get(order.id)
    const next = { ...order, version: (held?.version ?? 0) + 1 }
    this.orders.set(order.id, next)
    this.tell(`order.${type}`, { order: next, by: { role: 'system' } })
  }

  private tell(type: string, data: BoardEvent['envelope']['data']): void {
    const offset = this.log.length + 1
    this.log.push({ offset, envelope: { id: `event-${offset}`, type, time: iso(this.now), data } })
  }

  private count(name: 'placed' | 'completed' | 'cancelled'): void {
    const day = dayOf(this.now)
    const counters = this.counters.get(day) ?? { placed: 0, completed: 0, cancelled: 0 }
    this.counters.set(day, { ...counters, [name]: counters[name] + 1 })
  }

  private pick<T>(all: T[], choice: number): T | undefined {
    return all[choice % Math.max(1, all.length)]
  }
}

function isMoving(order: OrderCard): boolean {
  return order.phase !== 'COMPLETED' && order.phase !== 'CANCELLED'
}

function iso(moment: number): string {
  return new Date(moment).toISOString()
}

function dayOf(moment: number): string {
  return iso(moment + 8 * 3_600_000).slice(0, 10)
}
