/** One order as staff may read it, by REST only: personal data never travel by the board's topic. */

import type { Named, OrderCard } from '@/protocol'

export interface TimelineEntry {
  version: number
  type: string
  label: string
  phase: string
  role: string
  /** Staff and workers by name, others by what they are. */
  by: string
  at: string
}

export interface OrderDetail {
  order: OrderCard
  allowed_actions: string[]
  lines: { name: string; quantity: number; unit_price_fen: number; amount_fen: number; rule: string }[] | null
  total_fen: number | null
  contact: { name: string; phone: string; place: string; door: string } | null
  request: string
  records: { position: number; name: string; standard: string; done_at: string | null }[]
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
}

/** What the facts show beside the card: of the order as it is, or as it was. */
export interface Facts {
  lines?: OrderDetail['lines']
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

/** A number as people read it out: +8613800138000 is 138 0013 8000. */
export function phoneText(phone: string): string {
  return phone.replace(/^\+86/, '').replace(/^(1\d{2})(\d{4})(\d{4})$/, '$1 $2 $3')
}

/** Fen as people read it: ¥128 or ¥128.50. */
export function yuanText(fen: number): string {
  const yuan = Math.abs(fen) / 100
  return `${fen < 0 ? '−' : ''}¥${Number.isInteger(yuan) ? yuan : yuan.toFixed(2)}`
}
