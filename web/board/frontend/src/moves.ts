/** What staff may ask of an order, as its API takes it. `name` is the word that `allowed_actions` has for it. */

import type { Rework } from '@/afterSales'
import type { Compensation } from '@/orderDetail'
import type { Named } from '@/protocol'

export interface StaffMove {
  name: string
  /** Below /api/orders/{id}/, or from the root where it begins with /. */
  path: string
  body: Record<string, unknown>
  /** What it is called in a sentence: 正在…, 已…, 没有…. */
  verb: string
  /** What is said when it is done, where 已… would say too little. */
  done?: string
  worker?: Named
}

export function assign(worker: Named): StaffMove {
  return { name: 'assign', path: 'assign', body: { worker_id: worker.id }, verb: `指派给 ${worker.name}`, worker }
}

export function unlock(): StaffMove {
  return { name: 'unlock', path: 'unlock', body: {}, verb: '重置服务码', done: '服务码已重置，可以重新输入' }
}

export function takeOff(body: { reason: string; failed: boolean }): StaffMove {
  return { name: 'take_off', path: 'take-off', body, verb: '撤下服务人员', done: '已撤下服务人员，正在重新派单' }
}

export interface CallOff {
  reason: string
  refund_bp: number
  /** Null: by the order's own terms. */
  worker_share_bp: number | null
  /** Whose the share and the worker's compensation are: he has the order, or had it. Null: nobody's. */
  worker_id: number | null
  customer_compensation_fen: number
  worker_compensation_fen: number
}

export function callOff(body: CallOff): StaffMove {
  return { name: 'call_off', path: 'call-off', body: { ...body }, verb: '取消订单' }
}

export function reschedule(starts_at: string): StaffMove {
  return { name: 'reschedule', path: 'reschedule', body: { starts_at }, verb: '改约' }
}

export interface Refund {
  /** 0: all that is left of the line, or of the tip, or else of everything. */
  amount_fen: number
  /** Which line of the price, from 1; 0: of the order as a whole. */
  line: number
  /** Which tip, by its id; 0: none. */
  tip: number
  reason: string
  bearer: string
}

export function refund(body: Refund): StaffMove {
  return { name: 'refund', path: 'refund', body: { ...body }, verb: '退款', done: '已同意退款，到账后订单会显示' }
}

export interface Report {
  type: string
  text: string
  photos: number[]
}

export function report(body: Report): StaffMove {
  return { name: 'report_exception', path: 'exceptions', body: { ...body }, verb: '上报异常', done: '已上报异常，请响应并处理' }
}

export function answerException(): StaffMove {
  return { name: 'answer_exception', path: 'exceptions/answer', body: {}, verb: '响应异常' }
}

/** What may be made of an exception, in the order of the buttons; by its word in `allowed_actions`. */
export const OUTCOMES = {
  continue: '继续',
  continue_with_supplement: '继续并补差价',
  send_somebody_else: '换人',
  end_early: '提前结束',
  cancel_with_refund: '取消并退款',
} as const
export type Outcome = keyof typeof OUTCOMES

export interface Decision {
  outcome: Outcome
  /** Of `end_early` and `cancel_with_refund`. */
  refund_bp?: number
  /** Of `send_somebody_else`: whether the worker failed the order. */
  failed?: boolean
}

export function decide(body: Decision): StaffMove {
  return { name: body.outcome, path: 'exceptions/decide', body: { ...body }, verb: `按「${OUTCOMES[body.outcome]}」处理异常` }
}

export function answerCase(id: number, body: { outcome: string; text: string; refund?: Refund; rework?: Rework }): StaffMove {
  return { name: 'answer_case', path: `cases/${id}/answer`, body, verb: '答复售后' }
}

/** A move that is asked about before it is made: which dialog is open. */
export type Question =
  | { name: 'take_off' | 'call_off' | 'reschedule' | 'refund' | 'report_exception' }
  | { name: 'decide'; outcome: Outcome }
  | { name: 'answer_case'; case_id: number }
  | { name: 'pay_out' | 'paid_otherwise'; compensation: Compensation }
