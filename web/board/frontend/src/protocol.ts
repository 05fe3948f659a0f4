/** What comes over the wire: docs/protocol.md in types. Times are ISO 8601 UTC, coordinates GCJ-02 degrees. */

export interface Named {
  id: number
  name: string
}

export const PHASES = [
  'AWAITING_PAYMENT',
  'DISPATCHING',
  'ACCEPTED',
  'EN_ROUTE',
  'ARRIVED',
  'IN_SERVICE',
  'AWAITING_CONFIRMATION',
  'EXCEPTION',
  'COMPLETED',
  'CANCELLED',
] as const
export type Phase = (typeof PHASES)[number]

export interface Deadlines {
  payment_due: string | null
  offer_due: string | null
  depart_by: string | null
  arrive_by: string | null
  autoconfirm_at: string | null
  review_until: string | null
  absent_until: string | null
}

/** An open offer; grab: others are asked at the same time, and the first has the order. */
export interface OfferCard {
  id: number
  worker: Named
  due_at: string
  grab: boolean
  channel: 'socket' | 'wechat' | 'sms'
}

export interface OrderCard {
  id: number
  version: number
  city: string
  phase: Phase
  phase_since: string
  starts_at: string
  duration_s: number
  service: Named
  district: string
  lng: number
  lat: number
  worker: Named | null
  /** The one that is due first. */
  offer: OfferCard | null
  offers: OfferCard[]
  asked: number
  exhausted: boolean
  needs_ops: boolean
  payment: 'unpaid' | 'paid' | 'refunding' | 'refunded'
  settlement: 'none' | 'settled'
  deadlines: Deadlines
  steps_done: number
  steps_total: number
  placed_at: string
  ended_at: string | null
}

export interface Position {
  lng: number
  lat: number
  at: string
}

export interface WorkerCard {
  id: number
  name: string
  city: string
  state: 'on_duty' | 'off_duty'
  /** 前台, 后台, 休息. */
  reach: 'front' | 'back' | 'rest'
  /** "4.87", "" before the first. */
  rating: string
  skills: string[]
  /** What he has in hand. It follows from the orders, and is not told again when they move on. */
  order: number | null
}

/** A worker in a snapshot: also where he was. Afterwards positions:{city} says it. */
export interface WorkerOnMap extends WorkerCard {
  position: Position | null
}

export type AlarmKind =
  | 'nobody_accepts'
  | 'by_hand'
  | 'start_near'
  | 'late_to_depart'
  | 'not_departed'
  | 'late_to_arrive'
  | 'worker_silent'
  | 'not_arrived'
  | 'absence'
  | 'not_started'
  | 'overrun'
  | 'compensation_due'
  | 'channel_broken'
  | 'withdrawal_due'
  | 'payout_stuck'
  | 'start_code_locked'
  | 'case_open'
  | 'case_overdue'
  | 'needs_ops'
  | 'exception_open'
  | 'exception_safety'
  | 'exception_unanswered'
  | 'exception_unsolved'

export interface AlarmCard {
  id: number
  kind: AlarmKind
  /** What it is about: an order, or a worker's withdrawal. */
  order_id: number | null
  withdrawal_id: number | null
  worker: Named | null
  owner: 'dispatcher' | 'manager'
  raised_at: string
  due_at: string
  ring_again_at: string
  taken_by: Named | null
  next_step: string
}

export interface Counters {
  day: string
  placed: number
  completed: number
  cancelled: number
}

export interface StreamPosition {
  epoch: string
  offset: number
}

/** How the platform reckons ways: a straight line × detour at so many metres a second. */
export interface Travel {
  detour: number
  speed_mps: number
}

export interface Snapshot {
  now: string
  city: { code: string; name: string; center: { lng: number; lat: number } }
  stream: StreamPosition & { topic: string }
  positions_topic: string
  travel: Travel
  orders: OrderCard[]
  workers: WorkerOnMap[]
  alarms: AlarmCard[]
  counters: Counters
}

/** An event of board:{city} with the offset that the hub gave it. */
export interface BoardEvent {
  offset: number
  envelope: Envelope
}

export interface Envelope {
  id: string
  source: string
  type: string
  subject: string
  time: string
  data: {
    order?: OrderCard
    worker?: WorkerCard
    alarm?: AlarmCard
    /** The payout of a compensation; how much it is, the order's detail says. */
    withdrawal?: { id: number; order_id: number; state: string; needs_ops: boolean }
    by?: { role: string; name?: string | null }
  }
}
