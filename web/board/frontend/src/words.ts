/** What the page calls things. tests/web/board/test_page_words.py compares these tables with the server's own. */

export const ROLE_NAMES: Record<string, string> = {
  customer: '用户',
  worker: '服务人员',
  staff: '平台',
  system: '系统',
}

/** Types of `order.*` events that the page itself has to say in a sentence; the timeline brings its own labels. */
export const EVENT_WORDS: Record<string, string> = {
  imported: '历史订单导入',
  placed: '下单',
  rework_placed: '安排免费返工',
  rework_quoted: '安排返工，待支付',
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
  rescheduled: '改约',
  address_asked: '申请更改地址',
  address_changed: '更改地址',
  request_changed: '更改服务要求',
  move_proposed: '申请改约',
  supplement_proposed: '申请补差价',
  supplement_approved: '同意补差价',
  supplement_paid: '支付补差价',
  proposal_declined: '没有同意申请',
  proposal_withdrawn: '撤回申请',
  proposal_lapsed: '申请超时失效',
  late_to_depart: '未按时出发',
  departed: '出发',
  late_to_arrive: '未按时到达',
  not_arrived: '未到场',
  arrived: '到达',
  code_refused: '服务码输错',
  absent_reported: '反映用户不在',
  customer_here: '用户确认在家',
  code_unlocked: '重置服务码',
  started: '开始服务',
  step_done: '完成服务步骤',
  finished: '完成服务',
  completed: '确认完成',
  settled: '结算',
  cancelled: '取消订单',
  exception_reported: '上报异常',
  exception_answered: '响应异常',
  exception_unanswered: '异常无人响应',
  exception_unsolved: '异常超时未解决',
  exception_withdrawn: '撤回异常',
  somebody_else_sent: '另派服务人员',
  exception_continued: '异常处理后继续',
  tip_offered: '准备打赏',
  tipped: '打赏',
  released: '收入解冻',
  refund_agreed: '同意退款',
  refund_parked: '退款受阻',
  refunded: '退款',
  claimed: '申请售后',
  case_overdue: '售后超时',
  case_answered: '答复售后',
  case_refunded: '售后退款',
  case_reworked: '安排返工',
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
  full: '接单已达上限',
  too_far: '路程太远',
  off_duty: '休息中',
  replaced: '返工须更换人员',
  failed: '曾未履约此单',
  handed_back: '曾离开此单',
  refused: '已拒绝此单',
  unanswered: '本轮未应答',
}

/** Words for a refusal that was learnt later, from the command itself, which carries the code only. */
export const REFUSALS: Record<string, string> = {
  not_allowed: '订单当前状态不允许此操作',
  expired: '操作已超时，未生效',
  order_ended: '订单已结束',
  worker_unfit: '该服务人员不符合此订单的要求',
  slot_taken: '该时间段已被约满，请选择其他时间',
  too_soon: '预约时间太近，请选择稍晚的时间',
  too_far_ahead: '预约时间太远，请选择更近的时间',
  same_time: '已经是这个时间',
  compensation_too_large: '补偿金额超出上限',
  refund_too_large: '退款金额超过可退金额',
  line_unknown: '没有这个收费项目',
  already_reported: '您已上报此异常，平台正在处理',
  photo_unknown: '图片不存在，请重新上传',
  case_closed: '该售后申请已处理',
  warranty_over: '已超过保修期，不能免费返工',
  not_served_here: '该地址暂未开通此服务',
  compensation_unpaid: '补偿还没有支付，请重新打款，或登记以其他方式支付',
  compensation_paid: '该补偿已支付',
  payout_open: '打款正在进行，请先等它有结果',
}

export const TAKE_OFF_REASONS: Record<string, string> = {
  not_departed: '未出发',
  not_arrived: '未到达',
  unreachable: '联系不上',
  unwell: '身体不适',
  customer_asked: '用户要求',
  other: '其他原因',
}

export const CALL_OFF_REASONS: Record<string, string> = {
  customer_asked: '用户要求',
  nobody_available: '无人可派',
  worker_absent: '服务人员未到',
  customer_absent: '用户不在',
  unsafe: '存在安全风险',
  weather: '恶劣天气',
  dispute: '双方争议',
  duplicate: '重复下单',
  other: '其他原因',
}

export const EXCEPTION_TYPES: Record<string, string> = {
  customer_absent: '用户不在',
  address_wrong: '地址有误',
  worker_unwell: '服务人员不适或受伤',
  vehicle: '交通工具故障',
  scope_larger: '实际工作量超出预约',
  damage: '物品损坏',
  dispute: '纠纷',
  safety: '人身安全',
  weather: '恶劣天气',
  other: '其他',
}

export const REFUND_REASONS: Record<string, string> = {
  quality: '服务质量问题',
  incomplete: '服务未全部完成',
  damage: '物品损坏',
  overcharged: '收费有误',
  goodwill: '平台关怀',
  agreed: '双方协商',
  other: '其他原因',
}

export const BEARERS: Record<string, string> = {
  shared: '平台与服务人员按比例承担',
  platform: '平台承担',
}

/** Of a tip, which is the worker's alone. */
export const TIP_BEARERS: Record<string, string> = { shared: '服务人员承担', platform: '平台承担' }

/** Why a withdrawal is not paid. */
export const WITHDRAWAL_REASONS: Record<string, string> = {
  identity: '身份信息不一致',
  dispute: '有未处理的纠纷',
  risk: '账户存在风险',
  other: '其他原因',
}

export const CASE_KINDS: Record<string, string> = {
  quality: '服务质量',
  damage: '物品损坏',
  overcharge: '费用争议',
  other: '其他',
}

export const CASE_OUTCOMES: Record<string, string> = {
  declined: '不予支持',
  noted: '已核实并记录',
  refunded: '同意退款',
  rework: '安排返工',
}

export const PROPOSAL_KINDS: Record<string, string> = {
  supplement: '补差价',
  reschedule: '改约',
  address: '改地址',
}

export const PROPOSAL_STATES: Record<string, string> = {
  open: '待答复',
  approved: '待支付',
  done: '已生效',
  declined: '已拒绝',
  withdrawn: '已撤回',
  lapsed: '已失效',
}

export const OWNERS: Record<string, string> = {
  dispatcher: '调度员',
  manager: '主管',
}
