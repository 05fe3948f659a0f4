/** 售后, 返工 and compensations: what staff see of them, ask, and are told beforehand. Money in fen. */

import { refundEffects } from '@/effects'
import type { Refund, StaffMove } from '@/moves'
import { type Photo, yuanText } from '@/orderDetail'
import type { Named, OrderCard, Phase } from '@/protocol'
import { dateText, timeText } from '@/times'

/** An order that another one is linked to. free: a 返工 that costs its customer nothing. */
export interface LinkedOrder {
  id: number
  phase: Phase
  starts_at: string
  free: boolean
}

/** 售后. outcome: "" while it waits for our answer; refund_fen, rework: what it led to. */
export interface AfterSalesCase {
  id: number
  kind: string
  text: string
  opened_at: string
  due_at: string
  outcome: string
  answer: string
  answered_at: string | null
  photos: Photo[]
  refund_fen: number | null
  rework: LinkedOrder | null
}

/** What can go back. worker_bp: the worker's part of what both bear; settled: he has it, and it is taken back. */
export interface RefundOutlook {
  left_fen: number
  lines: { position: number; name: string; amount_fen: number; left_fen: number }[]
  worker_bp: number
  settled: boolean
}

/** What a return visit would be. pay_fen: what we pay for a free one to another than `first_worker`. */
export interface ReworkOutlook {
  free: boolean
  warranty_until: string | null
  worker: Rework['worker']
  first_worker: Named | null
  duration_s: number
  pay_fen: number
}

/** A case, and what an answer to it would do. */
export interface CaseOutlook {
  case: AfterSalesCase
  outcomes: Record<string, string>
  refund: RefundOutlook
  rework: ReworkOutlook
}

export interface Rework {
  starts_at: string
  /** 0: free. */
  price_fen: number
  worker: 'first' | 'anybody' | 'another'
  /** "": what was asked for the first time. */
  request: string
}

export function payOut(id: number): StaffMove {
  const body = { channel: 'sandbox' }
  return { name: 'pay_out', path: `/api/compensations/${id}/pay-out`, body, verb: '打款', done: '已开始打款，到账后告警自动解除' }
}

export function paidOtherwise(id: number, note: string): StaffMove {
  return { name: 'paid_otherwise', path: `/api/compensations/${id}/paid-otherwise`, body: { note }, verb: '登记为已支付' }
}

export interface Promised {
  refund: Refund | null
  rework: Rework | null
  /** Whether the first worker is free at the visit's time. */
  free_then: boolean
}

/** What an answer to 售后 will do, in sentences. */
export function caseEffects(card: OrderCard, lines: { name: string }[], outlook: CaseOutlook, promised: Promised): string[] {
  const said = ['用户会收到结论和这段答复，售后申请就此关闭']
  if (promised.refund) said.push(...refundEffects(card, lines, promised.refund, outlook.refund))
  if (promised.rework) said.push(...reworkEffects(outlook.rework, promised.rework, promised.free_then))
  return said
}

function reworkEffects({ first_worker, pay_fen }: ReworkOutlook, asked: Rework, free_then: boolean): string[] {
  const when = `${dateText(asked.starts_at)} ${timeText(asked.starts_at)}`
  const first = first_worker?.name ?? ''
  const free = asked.price_fen === 0
  return [
    free ? `生成免费返工单，${when} 上门，立即派单` : `生成返工单，${when} 上门；用户支付 ${yuanText(asked.price_fen)} 后派单，到期未付自动关闭`,
    whoComes(asked.worker, first, free_then),
    ...(free ? [whoPays(asked.worker, first, pay_fen)] : []),
  ]
}

function whoComes(worker: Rework['worker'], first: string, free_then: boolean): string {
  if (worker === 'another') return `不派给 ${first}`
  if (worker === 'anybody') return '按派单规则找人'
  return free_then ? `先问 ${first}，他不接再问别人` : `${first} 那时没空，会派给别人`
}

function whoPays(worker: Rework['worker'], first: string, pay_fen: number): string {
  const pays = `平台付给返工人员 ${yuanText(pay_fen)}`
  return worker === 'another' || first === '' ? pays : `${first} 去没有报酬；别人去，${pays}`
}
