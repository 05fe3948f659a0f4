/** One order as staff may read it, by REST only: personal data never travel by the board's topic. */

import type { AfterSalesCase, LinkedOrder } from '@/afterSales'
import type { Spot } from '@/eta'
import type { Named, OrderCard, Phase, StreamPosition } from '@/protocol'

export interface TimelineEntry {
  version: number
  type: string
  label: string
  phase: string
  role: string
  /** Staff and workers by name, others by what they are. */
  by: string
  at: string
  data: Record<string, unknown>
}

/** Links are good for five minutes: made anew with every answer. */
export interface Photo {
  id: number
  width: number
  height: number
  large: string
  small: string
}

/** 异常. outcome: "" while it is open. level: how far it was escalated. */
export interface OrderException {
  id: number
  type: string
  type_name: string
  phase: string
  role: string
  by: string
  raised_at: string
  text: string | null
  photos: Photo[]
  /** Where the worker was last seen then. */
  place: Spot | null
  answer_due: string
  answered_at: string | null
  answered_by: string | null
  answer_s: number | null
  solve_due: string
  solved_at: string | null
  solved_by: string | null
  solve_s: number | null
  outcome: string
  outcome_name: string
  cost_fen: number | null
  level: number | null
}

/** What somebody asks the other party to agree to: 补差价, 改约, 改地址. */
export interface Proposal {
  id: number
  kind: string
  state: string
  by: string
  reason: string
  amount_fen: number
  lines: { name: string; quantity: number; amount_fen: number }[]
  extra_s: number
  starts_at: string | null
  places: { new: { place: string; door: string } } | null
  made_at: string
  due_at: string
  closed_at: string | null
}

export interface TalkMessage {
  id: number
  role: string
  by: string
  mine: boolean
  text: string
  photos: Photo[]
  at: string
}

/** A page of the order's conversation, newest first. */
export interface Talk {
  items: TalkMessage[]
  next_before: number | null
  open: boolean
  stream: StreamPosition & { topic: string }
}

/** same_worker: he who has the order is free then. */
export interface Slot {
  starts_at: string
  workers: number
  same_worker: boolean
}

/** The times of a day that a visit could have instead. */
export interface MoveSlots {
  day: string
  slots: Slot[]
}

/** A line of the price: amount = quantity × unit price; rule_version: in which version of the rule. */
export interface Line {
  name: string
  quantity: number
  unit: string
  unit_price_fen: number
  amount_fen: number
  rule: string
  rule_version: number
}

/** A step of the service; its photos were taken before or after it. */
export interface StepRecord {
  position: number
  name: string
  standard: string
  done_at: string | null
  photos: { stage: string; photo: Photo }[]
}

export interface Tip {
  id: number
  amount_fen: number
}

/** What the platform pays. state: earned (a worker's), owed, or its payout's, which label says. */
export interface Compensation {
  id: number
  name: string
  amount_fen: number
  at: string
  state: string
  label: string
  needs_ops: boolean
  payout_id: number | null
}

/** Money that does not move by itself, and is tried on. */
export interface StuckMoney {
  what: 'payment' | 'refund' | 'payout'
  id: number
  amount_fen: number
  since: string
}

export interface OrderDetail {
  order: OrderCard
  allowed_actions: string[]
  /** When the worker can be there, where that is later than was promised. */
  expected_at: string | null
  exceptions: OrderException[]
  proposals: Proposal[]
  cases: AfterSalesCase[] | null
  /** That it is a 返工: of which order, and who is to come. */
  rework: { of: LinkedOrder | null; free: boolean; worker: string } | null
  reworks: LinkedOrder[]
  warranty_until: string | null
  /** The books it comes from; "" for what was placed here. */
  imported_from: string
  compensations: Compensation[]
  /** Null for all but staff. */
  stuck_money: StuckMoney[] | null
  /** How many come. */
  staff: number
  /** Whom the customer wants to come. */
  picked: { id: number; name: string } | null
  lines: Line[] | null
  total_fen: number | null
  /** What of the price's money no refund gives back. */
  left_fen: number | null
  /** Who has the order or had it, who came last first. */
  had_by: Named[]
  contact: { name: string; phone: string; place: string; door: string; lng: number; lat: number } | null
  request: string
  records: StepRecord[]
  timeline: TimelineEntry[]
}

/** The order as it was after one of its events. */
export interface OrderAt {
  at: string
  order: OrderCard
  timeline: TimelineEntry[]
  records: OrderDetail['records']
  total_fen: number | null
  cancel_fee_fen: number | null
  contact: OrderDetail['contact']
  request: string | null
  offers: { id: number; worker: Named; offered_at: string; due_at: string }[] | null
  alarms: { kind: string; label: string; raised_at: string }[] | null
  imported_from: string
}

/** What the facts show beside the card: of the order as it is, or as it was. */
export interface Facts {
  staff?: number
  lines?: OrderDetail['lines']
  rework?: OrderDetail['rework']
  reworks?: OrderDetail['reworks']
  imported_from?: string
  expected_at?: string | null
  left_fen?: number | null
  total_fen: number | null
  contact: OrderDetail['contact']
  request: string | null
  records: OrderDetail['records']
}

export interface Term {
  name: string
  label: string
  value: number | string | null
  weight: number
  points: number
  sentence: string
}

export interface Candidate {
  worker: Named
  score: number
  distance_m: number
  travel_s: number
  terms: Term[]
}

export interface Excluded {
  worker: Named
  reason: string
  label: string
  /** False: the server refuses him to a dispatcher too. */
  assignable: boolean
}

/** Who has the order, and how he came by it. */
export interface Chosen {
  worker: Named
  by: 'worker' | 'staff'
}

export interface Ranking {
  /** True: as it was when it was decided. False: as of now. */
  stored: boolean
  chosen: Chosen | null
  ranked_at: string | null
  candidates: Candidate[]
  excluded: Excluded[]
}

/** Whether somebody waits for us, or for an answer: to a proposal, to 售后, or for money that nobody is paying. */
export function hasOpenRequests({ proposals, cases, compensations }: OrderDetail): boolean {
  return proposals.some(isLive) || (cases ?? []).some((one) => one.outcome === '') || compensations.some(isOwed)
}

/** Nobody is paying it: it has no payout, or the channel gave it back. */
export function isOwed({ state }: Compensation): boolean {
  return state === 'owed' || state === 'returned'
}

export function isLive(proposal: Proposal): boolean {
  return proposal.state === 'open' || proposal.state === 'approved'
}

/** Tips that were paid. */
export function tipsOf({ timeline }: OrderDetail): Tip[] {
  const paid = timeline.filter((entry) => entry.type === 'tipped')
  return paid.map(({ data }) => ({ id: Number(data.tip_id), amount_fen: Number(data.amount_fen) }))
}

const SUMS = { amount_fen: '', fee_fen: '留下 ', worker_fen: '服务人员得 ' }

/** The money of an event: what was paid or goes back, or how what is kept is shared. */
export function sumsText({ data }: TimelineEntry): string {
  const sums = Object.entries(SUMS).filter(([name]) => Number(data[name] ?? 0) !== 0)
  return sums.map(([name, word]) => `${word}${yuanText(Number(data[name]))}`).join('，')
}

/** The phase that the open exceptions interrupt. */
export function phaseBehind(detail: OrderDetail): Phase {
  const open = detail.exceptions.filter((one) => one.outcome === '' && one.phase !== 'EXCEPTION')
  return (open[0]?.phase ?? detail.order.phase) as Phase
}

/** A number as people read it out: +8613800138000 is 138 0013 8000. */
export function phoneText(phone: string): string {
  return phone.replace(/^\+86/, '').replace(/^(1\d{2})(\d{4})(\d{4})$/, '$1 $2 $3')
}

/** Fen as people read it: ¥128 or ¥128.50. */
export function yuanText(fen: number): string {
  const yuan = Math.abs(fen) / 100
  return `${fen < 0 ? '−' : ''}¥${Number.isInteger(yuan) ? yuan : yuan.toFixed(2)}`
}
