/**
 * The board's state as a pure function: a snapshot, then events. Nothing here knows of sockets, pages or clocks.
 *
 * Guarantees: an event that was seen is ignored, by its offset; a card that is older than the one held is ignored, by its
 * version; so a state reached by events equals a fresh snapshot. Objects that did not change stay the same objects, which is
 * what keeps the page's work proportional to what happened.
 */

import type { AlarmCard, BoardEvent, Counters, OrderCard, Position, Snapshot, WorkerCard } from '@/protocol'

/** What only `worker.changed` changes: what he has in hand follows from the orders, and held here it would grow old. */
export type Worker = Omit<WorkerCard, 'order'>

export interface BoardState {
  epoch: string
  offset: number
  orders: ReadonlyMap<number, OrderCard>
  workers: ReadonlyMap<number, Worker>
  alarms: ReadonlyMap<number, AlarmCard>
  counters: Counters
}

/** Where each worker is. Kept apart: positions come by another topic, many a second, and nothing in the lanes needs them. */
export type Positions = ReadonlyMap<number, Position>

/** The first events of an order: it may be new to us then. */
const BEGINNINGS: ReadonlySet<string> = new Set(['order.placed', 'order.rework_placed', 'order.rework_quoted'])

export const EMPTY: BoardState = {
  epoch: '',
  offset: 0,
  orders: new Map(),
  workers: new Map(),
  alarms: new Map(),
  counters: { day: '', placed: 0, completed: 0, cancelled: 0 },
}

export function fromSnapshot(snapshot: Snapshot): BoardState {
  return {
    epoch: snapshot.stream.epoch,
    offset: snapshot.stream.offset,
    orders: byId(snapshot.orders.filter((order) => order.ended_at === null)),
    workers: byId(snapshot.workers.map(lasting)),
    alarms: byId(snapshot.alarms),
    counters: snapshot.counters,
  }
}

export function positionsOf(snapshot: Snapshot): Positions {
  const known = snapshot.workers.filter((worker) => worker.position)
  return new Map(known.map((worker) => [worker.id, worker.position as Position]))
}

/** The state after `events`, which are in the order of their offsets. The same object where nothing changed. */
export function reduce(state: BoardState, events: readonly BoardEvent[]): BoardState {
  const fresh = events.filter((event) => event.offset > state.offset)
  if (fresh.length === 0) return state
  const draft = new Draft(state)
  for (const event of fresh) draft.apply(event)
  return draft.done()
}

/** True where an event is missing between the state and `events`: then only a new snapshot helps. */
export function hasGap(state: BoardState, events: readonly BoardEvent[]): boolean {
  let last = state.offset
  for (const { offset } of events) {
    if (offset > last + 1) return true
    last = Math.max(last, offset)
  }
  return false
}

/** The calendar day of a moment in Asia/Shanghai, which has no summer time: YYYY-MM-DD. */
export function shanghaiDay(moment: string | number): string {
  return new Date(new Date(moment).getTime() + 8 * 3600_000).toISOString().slice(0, 10)
}

/** One batch of events on its way into a new state: each map is copied once, and only if something in it changes. */
class Draft {
  private next: BoardState
  private copied = new Set<keyof BoardState>()

  constructor(state: BoardState) {
    this.next = { ...state }
  }

  done(): BoardState {
    return this.next
  }

  apply({ offset, envelope }: BoardEvent): void {
    if (offset <= this.next.offset) return
    this.next.offset = offset
    const { order, worker, alarm } = envelope.data
    if (order) this.takeOrder(order, envelope.type, envelope.time)
    if (worker) this.put('workers', lasting(worker))
    if (alarm && envelope.type === 'alarm.cleared') this.remove('alarms', alarm.id)
    else if (alarm) this.put('alarms', alarm)
  }

  private takeOrder(order: OrderCard, type: string, time: string): void {
    const held = this.next.orders.get(order.id)
    // All live orders were in the snapshot, which is of one moment: an order that is neither held nor just placed has ended.
    if (held ? order.version <= held.version : !BEGINNINGS.has(type)) return
    this.count(held, order, time)
    if (order.ended_at === null) this.put('orders', order)
    else this.remove('orders', order.id)
  }

  /** By what changed in the card rather than by the event's name: an order is cancelled by a person and by a deadline. */
  private count(held: OrderCard | undefined, order: OrderCard, time: string): void {
    if (shanghaiDay(time) !== this.next.counters.day) return
    const entered = (phase: string): boolean => held?.phase !== phase && order.phase === phase
    if (held === undefined) this.raise('placed')
    if (entered('COMPLETED')) this.raise('completed')
    if (entered('CANCELLED')) this.raise('cancelled')
  }

  private raise(name: 'placed' | 'completed' | 'cancelled'): void {
    this.next.counters = { ...this.next.counters, [name]: this.next.counters[name] + 1 }
  }

  private put<T extends { id: number }>(name: 'orders' | 'workers' | 'alarms', card: T): void {
    this.writable<T>(name).set(card.id, card)
  }

  private remove(name: 'orders' | 'alarms', id: number): void {
    if (this.next[name].has(id)) this.writable(name).delete(id)
  }

  private writable<T>(name: 'orders' | 'workers' | 'alarms'): Map<number, T> {
    if (!this.copied.has(name)) {
      this.copied.add(name)
      this.next = { ...this.next, [name]: new Map(this.next[name] as ReadonlyMap<number, unknown>) }
    }
    return this.next[name] as unknown as Map<number, T>
  }
}

function byId<T extends { id: number }>(cards: readonly T[]): Map<number, T> {
  return new Map(cards.map((card) => [card.id, card]))
}

function lasting({ id, name, city, state, reach, rating, skills }: WorkerCard): Worker {
  return { id, name, city, state, reach, rating, skills }
}
