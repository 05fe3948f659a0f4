/** The queue of what needs a person: order, words, and when the bell has to ring. */

import type { AlarmCard, AlarmKind } from '@/protocol'

export const ALARM_NAMES: Record<AlarmKind, string> = {
  nobody_accepts: '无人接单',
  by_hand: '待人工派单',
  start_near: '临近未派',
  late_to_depart: '未按时出发',
  not_departed: '迟迟未出发',
  late_to_arrive: '未按时到达',
  not_arrived: '服务人员未到场',
  absence: '用户不在待核实',
  not_started: '到达后迟迟未开始',
  overrun: '服务超时未完成',
  compensation_due: '待支付补偿',
  channel_broken: '通知渠道故障',
  withdrawal_due: '提现待审核',
  payout_stuck: '提现打款受阻',
  worker_silent: '服务人员失联',
  start_code_locked: '服务码锁定',
  case_open: '售后申请',
  case_overdue: '售后超时未答复',
  needs_ops: '需要人工处理',
  exception_safety: '人身安全异常',
  exception_open: '订单异常待处理',
  exception_unanswered: '异常无人响应',
  exception_unsolved: '异常超时未解决',
}

/** Those that a person closes, with a note, once he has seen to them; the others go when their matter is done: also a
 *  compensation, which the server lets nobody close before it is paid. */
export const CLOSED_BY_HAND: ReadonlySet<AlarmKind> = new Set<AlarmKind>(['needs_ops', 'channel_broken'])

/** Nobody's first, of these the manager's, each oldest first; then those that somebody is looking after. */
export function queueOf(alarms: Iterable<AlarmCard>): AlarmCard[] {
  const rank = (alarm: AlarmCard): number => (alarm.taken_by !== null ? 2 : alarm.owner === 'manager' ? 0 : 1)
  return [...alarms].sort(
    (a, b) => rank(a) - rank(b) || Date.parse(a.raised_at) - Date.parse(b.raised_at) || a.id - b.id,
  )
}

/**
 * Which alarms ring now, given what rang when (`rung`: alarm id → epoch ms): one that never rang, and one that nobody has taken
 * when its `ring_again_at` comes. The server moves `ring_again_at` only when it tells the board; until then every
 * `again_ms` after it.
 */
export function ringing(alarms: Iterable<AlarmCard>, rung: ReadonlyMap<number, number>, now: number): AlarmCard[] {
  return [...alarms].filter((alarm) => alarm.taken_by === null && isDue(alarm, rung.get(alarm.id), now))
}

function isDue(alarm: AlarmCard, rang: number | undefined, now: number): boolean {
  if (rang === undefined) return true
  const again = Date.parse(alarm.ring_again_at)
  const period = Math.max(30_000, again - Date.parse(alarm.raised_at))
  const next = rang < again ? again : rang + period
  return now >= next
}
