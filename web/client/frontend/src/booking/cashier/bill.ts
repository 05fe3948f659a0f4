/** What is to be paid at the cashier, as far as the server says. */

import type { OrderCard, OrderDetail } from '@/api/types'

export interface Bill {
  amount_fen: number
  /** Until when. */
  due: string | null
  state: 'open' | 'paid' | 'lapsed'
}

type Proposal = OrderDetail['proposals'][number]

/** Of an order, or of something that was proposed since and agreed to. */
export function billOf(detail: OrderDetail, order: OrderCard, proposal: Proposal | null): Bill {
  if (proposal) {
    const state = proposal.state === 'done' ? 'paid' : proposal.state === 'approved' ? 'open' : 'lapsed'
    return { amount_fen: proposal.amount_fen, due: proposal.due_at, state }
  }
  const due = order.deadlines['payment_due'] ?? null
  const paid = order.payment !== 'unpaid'
  return { amount_fen: detail.total_fen ?? 0, due, state: paid ? 'paid' : order.phase === 'CANCELLED' ? 'lapsed' : 'open' }
}
