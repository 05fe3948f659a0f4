/** What a move will do, in sentences, before it is made. Pure; money in fen, shares in ten-thousandths. */

import type { RefundOutlook } from '@/afterSales'
import type { CallOff, Decision, Refund } from '@/moves'
import { type OrderDetail, yuanText } from '@/orderDetail'
import { PHASE_NAMES } from '@/phases'
import type { Named, OrderCard, Phase } from '@/protocol'
import { BEARERS, EXCEPTION_TYPES } from '@/words'

const WHOLE_BP = 10_000

/** left_fen: what of the total no refund gives back yet. */
export type Sums = Pick<OrderDetail, 'total_fen' | 'left_fen'>

/** (what goes back, what is kept): a fraction of a fen goes back, as the server has it, and nothing goes back twice. */
export function backAndKept(total_fen: number, left_fen: number, refund_bp: number): [back: number, kept: number] {
  const kept = Math.min(Math.floor((total_fen * (WHOLE_BP - refund_bp)) / WHOLE_BP), left_fen)
  return [left_fen - kept, kept]
}

export function percentText(bp: number): string {
  return `${bp / 100}%`
}

/** "12.5" → 1250; null where it is no sum of money. "" is nothing at all. */
export function fenOf(yuan: string): number | null {
  const text = yuan.trim()
  if (text === '') return 0
  return /^\d{1,7}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : null
}

/** "12.5" (percent) → 1250; null where it is none between 0 and 100. */
export function bpOf(percent: string): number | null {
  const text = percent.trim()
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text)) return null
  const bp = Math.round(Number(text) * 100)
  return bp <= WHOLE_BP ? bp : null
}

function moneyEffects(
  card: OrderCard,
  { total_fen, left_fen }: Sums,
  refund_bp: number,
  worker_share_bp: number | null = null,
  worker: Named | null = card.worker,
): string[] {
  if (card.payment === 'unpaid') return ['订单还没有支付，没有退款']
  if (total_fen === null || left_fen === null) return [`退给用户 ${percentText(refund_bp)}，原路退回`]
  const [back, kept] = backAndKept(total_fen, left_fen, refund_bp)
  const before = left_fen < total_fen ? `，此前已退 ${yuanText(total_fen - left_fen)}` : ''
  const said = [back > 0 ? `退给用户 ${yuanText(back)}（共 ${yuanText(total_fen)}${before}），原路退回` : '不退款给用户']
  if (kept > 0) said.push(`留下 ${yuanText(kept)}${splitText(worker, kept, worker_share_bp)}`)
  return said
}

function splitText(worker: Named | null, kept: number, worker_share_bp: number | null): string {
  if (worker === null) return '，归平台'
  if (worker_share_bp === null) return `，由 ${worker.name} 与平台按规则分`
  const part = Math.floor((kept * worker_share_bp) / WHOLE_BP)
  return `：${worker.name} 得 ${yuanText(part)}，平台得 ${yuanText(kept - part)}`
}

export function takeOffEffects(card: OrderCard, failed: boolean): string[] {
  const name = card.worker?.name ?? '服务人员'
  return [
    `${name} 不再服务此单，此单不再派给他`,
    '订单回到「派单中」重新派单，时间和价格不变',
    failed ? `记为 ${name} 未履约并按规则扣分；在有人上门前，用户可免费取消` : '不记为未履约，不扣分',
  ]
}

/** worker: whose the worker's part is. */
export function callOffEffects(card: OrderCard, sums: Sums, asked: CallOff, worker: Named | null = card.worker): string[] {
  const said = ['订单立即结束，变为「已取消」，不能恢复']
  said.push(...moneyEffects(card, sums, asked.refund_bp, asked.worker_share_bp, worker))
  if (asked.customer_compensation_fen > 0) said.push(`平台另外补偿用户 ${yuanText(asked.customer_compensation_fen)}`)
  if (asked.worker_compensation_fen > 0) {
    said.push(`平台另外补偿 ${worker?.name ?? '服务人员'} ${yuanText(asked.worker_compensation_fen)}`)
  }
  return said
}

/** before: the phase that the exception interrupted. */
export function decisionEffects(card: OrderCard, sums: Sums, before: Phase, asked: Decision): string[] {
  const back = `订单回到「${PHASE_NAMES[before]}」，剩余时限照旧`
  switch (asked.outcome) {
    case 'continue':
      return [back]
    case 'continue_with_supplement':
      return [back, '服务人员向用户提出补差价；用户同意并支付后才生效']
    case 'send_somebody_else':
      return takeOffEffects(card, asked.failed ?? false)
    case 'end_early':
      return ['服务到此为止，订单结束，不能恢复', ...moneyEffects(card, sums, asked.refund_bp ?? 0)]
    case 'cancel_with_refund':
      return ['订单立即结束，变为「已取消」，不能恢复', ...moneyEffects(card, sums, asked.refund_bp ?? 0)]
  }
}

/** place: how the place that is written down is told, "" where the worker's is not known. */
export function reportEffects(card: OrderCard, type: string, place: string, photos: number): string[] {
  const said = card.phase === 'EXCEPTION' ? ['在已有的异常之外再记一条'] : ['订单停在「异常处理中」，时限暂停；处理后接着算']
  if (card.offers.length > 0) said.push('正在询问的派单全部收回')
  if (type === 'safety') said.push('立即告警主管；用户和服务人员看不到是人身安全')
  else said.push(`立即告警调度员，超时升级主管；双方会看到「${EXCEPTION_TYPES[type] ?? '异常'}」`)
  said.push(`文字${photos > 0 ? `和 ${photos} 张照片` : ''}只有平台看得到`)
  if (place !== '') said.push(place)
  return said
}

/** outlook: what is left and whose it would be, where the server has said so. */
export function refundEffects(card: OrderCard, lines: { name: string }[], asked: Refund, outlook?: Partial<RefundOutlook>): string[] {
  const part = asked.tip > 0 ? '打赏' : (lines[asked.line - 1]?.name ?? '')
  const of = part === '' ? '' : `「${part}」`
  const left = leftFen(asked, outlook)
  const all = left === undefined ? `${of}还没退的全部金额` : `${of}还没退的 ${yuanText(left)}`
  const sum = asked.amount_fen > 0 ? ` ${yuanText(asked.amount_fen)}${of && `（${of}）`}` : all
  const over = left !== undefined && asked.amount_fen > left ? [`超过可退的 ${yuanText(left)}，会被拒绝`] : []
  return [`退给用户${sum}，原路退回`, ...over, bearsText(card, asked, outlook)]
}

/** What is left of what it is of; of a tip nobody has said it. */
function leftFen({ line, tip }: Refund, outlook?: Partial<RefundOutlook>): number | undefined {
  if (tip > 0) return undefined
  return line > 0 ? outlook?.lines?.find(({ position }) => position === line)?.left_fen : outlook?.left_fen
}

function bearsText(card: OrderCard, asked: Refund, outlook?: Partial<RefundOutlook>): string {
  if (asked.bearer !== 'shared') return '由平台承担，服务人员收入不变'
  const name = card.worker?.name ?? '服务人员'
  const split = outlook?.worker_bp !== undefined && `${name} 承担 ${percentText(outlook.worker_bp)}，平台承担 ${percentText(WHOLE_BP - outlook.worker_bp)}`
  const shared = asked.tip > 0 ? `由 ${name} 承担` : (split || BEARERS.shared)
  return `${shared}${card.settlement === 'settled' ? '，从已结算的收入中扣回' : ''}`
}

export function moveEffects(card: OrderCard, to: string, same_worker: boolean): string[] {
  const said = [`上门时间改为 ${to}，价格不变，双方都会收到通知`]
  if (card.phase === 'EXCEPTION') said.push('异常就此结束，处理结果记为「改约」')
  if (card.worker === null) return said
  return [...said, same_worker ? `仍由 ${card.worker.name} 服务` : `${card.worker.name} 那时没空：订单回到「派单中」另派他人`]
}
