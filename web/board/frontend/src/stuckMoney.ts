/** Money that people must look at: an order's, and what workers withdraw. Money in fen. */

import type { StaffMove } from '@/moves'
import { type StuckMoney, yuanText } from '@/orderDetail'
import type { Named } from '@/protocol'

export const STUCK_NAMES: Record<StuckMoney['what'], string> = { payment: '支付', refund: '退款', payout: '补偿打款' }

export const STUCK_REASONS: Record<StuckMoney['what'], string> = {
  payment: '渠道没有说清是否已付',
  refund: '渠道没有受理',
  payout: '渠道迟迟没有结果',
}

const PATHS: Record<StuckMoney['what'], string> = { payment: 'payments', refund: 'refunds', payout: 'withdrawals' }

export function retry({ what, id }: StuckMoney): StaffMove {
  const verb = `重试${STUCK_NAMES[what]}`
  return { name: 'retry', path: `/api/${PATHS[what]}/${id}/retry`, body: {}, verb, done: '已让渠道重试，有结果会自动更新' }
}

/** A withdrawal as staff see it. */
export interface Withdrawal {
  id: number
  amount_fen: number
  state: string
  label: string
  needs_ops: boolean
  created_at: string
  payee: Named
}

/** What is decided about one: to pay it, not to for a reason, or to ask its channel again. */
export type WithdrawalAnswer = { what: 'approve' | 'retry' } | { what: 'decline'; reason: string }

/** Below /api/withdrawals/{id}/. */
export function requestOf(answer: WithdrawalAnswer): { path: string; body: Record<string, unknown> } {
  if (answer.what === 'retry') return { path: 'retry', body: {} }
  return { path: 'review', body: { approve: answer.what === 'approve', reason: answer.what === 'decline' ? answer.reason : '' } }
}

export function withdrawalEffects(row: Withdrawal, what: WithdrawalAnswer['what']): string[] {
  const sum = yuanText(row.amount_fen)
  if (what === 'approve') return [`向 ${row.payee.name} 的钱包打款 ${sum}，不能撤销`, '他会收到通知；渠道要求时需由他确认收款']
  if (what === 'decline') return [`${sum} 退回 ${row.payee.name} 的余额`, '他会收到通知，可以重新申请']
  return ['立即再向渠道查询并打款，同一笔不会付两次', '有了结果，告警自动解除']
}
