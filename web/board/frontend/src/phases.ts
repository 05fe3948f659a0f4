/** The words, the short sign and the lane of each phase. Colour comes by `data-phase` from tokens.css, never alone. */

import { PHASES, type Phase } from '@/protocol'

export const PHASE_NAMES: Record<Phase, string> = {
  AWAITING_PAYMENT: '待支付',
  DISPATCHING: '派单中',
  ACCEPTED: '待服务',
  EN_ROUTE: '已出发',
  ARRIVED: '已到达',
  IN_SERVICE: '服务中',
  AWAITING_CONFIRMATION: '待确认',
  EXCEPTION: '异常处理中',
  COMPLETED: '已完成',
  CANCELLED: '已取消',
}

export const LANES: readonly Phase[] = PHASES

/** Lanes that take no room while they are empty, and start folded: what is in them waits for nobody. */
export const QUIET: ReadonlySet<Phase> = new Set<Phase>(['EXCEPTION', 'COMPLETED', 'CANCELLED'])
export const FOLDED_AT_FIRST: readonly Phase[] = ['COMPLETED', 'CANCELLED']

export const ROLE_NAMES: Record<string, string> = {
  customer: '用户',
  worker: '服务人员',
  staff: '平台',
  system: '系统',
}

/** Types of `order.*` events that the page itself has to say in a sentence; the timeline brings its own labels. */
export const EVENT_WORDS: Record<string, string> = {
  placed: '下单',
  paid: '支付成功',
  payment_lapsed: '超时未支付',
  offered: '派单',
  refused: '拒单',
  lapsed: '派单超时',
  exhausted: '无人接单',
  by_hand: '待人工派单',
  accepted: '接单',
  assigned: '手动指派',
  handed_back: '退单',
  not_departed: '迟迟未出发',
  taken_off: '撤下服务人员',
  departed: '出发',
  arrived: '到达',
  code_refused: '服务码输错',
  not_arrived: '未到场',
  absent_reported: '反映用户不在',
  customer_here: '用户确认在家',
  code_unlocked: '重置服务码',
  started: '开始服务',
  step_done: '完成服务步骤',
  finished: '完成服务',
  completed: '确认完成',
  cancelled: '取消订单',
  settled: '结算',
  refunded: '退款',
  claimed: '申请售后',
  case_overdue: '售后超时',
  case_answered: '答复售后',
  closed: '关闭订单',
}

/** Why a worker cannot have an order: the codes of a `worker_unfit`. The table of candidates brings its own words. */
export const EXCLUSIONS: Record<string, string> = {
  blocked: '双方已屏蔽',
  no_skill: '不具备此技能',
  out_of_area: '不在服务区域',
  too_late: '已过开始时间',
  not_working: '不在工作时间',
  not_free: '时间冲突',
  too_far: '路程太远',
  off_duty: '休息中',
  failed: '曾未履约此单',
  handed_back: '已退回此单',
  refused: '已拒绝此单',
  unanswered: '本轮未应答',
}

/** Words for a refusal that was learnt later, from the command itself, which carries the code only. */
export const REFUSALS: Record<string, string> = {
  worker_unfit: '该服务人员不符合此订单的要求',
  slot_taken: '该时间段已被约满',
  order_ended: '订单已结束',
}
