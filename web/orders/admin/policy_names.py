"""What people call the terms of orders."""

from web.ops.terms_fields import Names
from web.orders.fees import CANCELLABLE
from workflows.transitions import EXCEPTION_TYPES, PHASE_NAMES

KINDS = {
    "booking": "预约",
    "travel": "路程估计",
    "payment": "支付",
    "dispatch": "派单",
    "visit": "上门",
    "completion": "完成与确认",
    "after_sales": "售后",
    "warranty": "质保返工",
    "cancellation": "取消",
    "commission": "佣金",
    "reassign": "改派",
    "rescheduling": "改期",
    "exceptions": "异常",
    "conversation": "沟通",
    "no_show": "爽约",
    "supplement": "加项",
    "withdrawal": "提现",
    "tipping": "小费",
    "pricing": "价格与加价",
}
"""In the order in which an operator thinks of them."""

WEEKDAYS = {str(number): f"周{day}" for number, day in enumerate("一二三四五六日")}

COMMON = {
    "free_m": "免费距离",
    "fee": "费用",
    "fee_fen": "金额",
    "share_bp": "比例",
    "min_fen": "最少",
    "max_fen": "最多",
    "worker_share_bp": "其中归服务人员",
    "answer_s": "答复时限",
    "pay_s": "支付时限",
    "decide_s": "处理时限",
    "free_before_s": "上门前多久免费",
}

OWN: dict[str, dict[str, str]] = {
    "booking": {
        "slot_step_s": "可约时间间隔",
        "min_notice_s": "至少提前多久预约",
        "horizon_s": "可预约到多久以后",
        "buffer_s": "两单之间留出",
        "holidays": "法定节假日",
    },
    "travel": {"detour": "绕行系数", "speed_mps": "速度", "speeds_mps": "各时段速度"},
    "payment": {"window_s": "支付时限", "refund_quiet_s": "退款失败多久后告警"},
    "dispatch": {
        "mode": "派单方式",
        "offer_s": "派单应答时限",
        "grab_k": "抢单时同时通知多少人",
        "grab_s": "抢单应答时限",
        "away_factor": "应用在后台时，时限放宽到几倍",
        "max_offers": "一轮最多派给多少人",
        "retry_s": "多久后开始下一轮",
        "w_travel": "权重：路程",
        "w_rating": "权重：评分",
        "w_fairness": "权重：收入公平",
        "w_held": "权重：手上单少",
        "w_skill": "权重：技能等级",
        "w_kept": "权重：守约",
        "w_newcomer": "权重：新人扶持",
        "w_favourite": "权重：用户收藏",
        "w_returning": "权重：返工由原服务人员",
        "w_picked": "权重：用户指定",
        "picked_s": "指定服务人员的应答时限",
        "max_travel_s": "路程最多",
        "fair_income_fen": "公平收入基准",
        "rating_prior": "评分先验值",
        "rating_prior_count": "评分先验单数",
        "kept_prior": "守约率先验值",
        "kept_prior_count": "守约率先验单数",
        "newcomer_jobs": "多少单以内算新人",
        "alarm_again_s": "无人处理时，再次告警间隔",
        "escalate_s": "多久后升级给主管",
        "unassigned_lead_s": "开始前多久仍无人接单时提示",
    },
    "visit": {
        "depart_early_s": "最早提前多久出发",
        "depart_grace_s": "晚出发多久后告警",
        "arrive_grace_s": "晚到多久后告警",
        "arrive_radius_m": "到达判定半径",
        "position_fresh_s": "位置多久内有效",
        "start_code_tries": "服务码可输错次数",
        "silent_after_s": "多久没有位置后告警",
        "start_within_s": "到达后多久内应开始",
        "overrun_s": "超过预计多久后告警",
    },
    "completion": {"autoconfirm_s": "多久后自动确认完成", "review_s": "评价期限"},
    "after_sales": {},
    "warranty": {"window_s": "质保期（不填即与售后申请期相同）", "rework_pay_fen": "返工由他人上门时付给他"},
    "cancellation": {"by_phase": "取消费", "tiers": "提前量分级", "before_s": "提前多久以上"},
    "commission": {"platform_bp": "平台佣金", "by_level": "按技能等级的佣金", "frozen_s": "结算后冻结多久"},
    "reassign": {
        "free_before_s": "上门前多久退单不扣分",
        "late_points": "晚退单扣分",
        "en_route_points": "途中退单扣分",
        "not_departed_points": "未出发扣分",
        "taken_off_points": "被改派扣分",
        "give_up_s": "应出发后多久视为放弃",
    },
    "rescheduling": {
        "free_before_s": "上门前多久可自由改约",
        "max_moves": "最多改约次数",
        "max_late_moves": "临近上门时最多改约次数",
    },
    "exceptions": {"solve_s": "解决时限", "defaults": "到处理时限时自动处理"},
    "conversation": {"open_after_s": "服务结束后会话保留多久"},
    "no_show": {
        "wait_s": "服务人员等候多久",
        "fee": "用户爽约费",
        "tiers": "提前量分级",
        "before_s": "提前多久以上",
        "worker_grace_s": "服务人员迟到多久算爽约",
        "points": "服务人员爽约扣分",
        "compensation_fen": "赔付用户",
        "max_compensation_fen": "员工最多可赔付",
        "pay_within_s": "赔付期限",
    },
    "supplement": {"max_free_fen": "价目表以外的项目最多"},
    "withdrawal": {
        "min_fen": "每次最少提现",
        "daily_fen": "每日最多提现",
        "quiet_s": "打款失败多久后告警",
        "review_s": "审核时限",
    },
    "tipping": {"min_fen": "最少", "max_fen": "最多", "window_s": "服务后多久内可打赏"},
    "pricing": {
        "surcharges": "加价",
        "visit_fee": "上门费",
        "key": "标识",
        "name": "名称",
        "weekdays": "星期",
        "days": "日期",
        "from_s": "从",
        "until_s": "到",
        "base_fen": "基础上门费",
        "steps": "距离分级",
        "until_m": "到多远",
        "km_fen": "再远每公里",
        "max_fen": "路程费最多",
        "night": "夜间上门费",
    },
}

VALUES = {
    "holidays": {"open": "照常可约", "closed": "休息，调休日上班"},
    "mode": {"offer": "派单：一次问一人", "grab": "抢单：先到先得", "manual": "人工指派"},
    "days": {"any": "不限", "holidays": "法定节假日", "ordinary": "非节假日"},
    "defaults": {"continue": "继续服务", "send_somebody_else": "换人"},
}

KEYS = {
    "speeds_mps": {str(hour): f"{hour} 点" for hour in range(24)},
    "by_phase": {str(phase): PHASE_NAMES[phase] for phase in PHASE_NAMES if phase in CANCELLABLE},
    "by_level": {str(level): f"{level} 级" for level in range(1, 6)},
    "defaults": EXCEPTION_TYPES,
    "weekdays": WEEKDAYS,
}

HELPS = {
    "base_fen": "不填即用服务自己的上门费",
    "defaults": "不选即一直等人处理",
    "detour": "实际路程约为直线距离的多少倍",
    "key": "不填即由名称生成",
    "weekdays": "不选即每天",
}


def names_of(kind: str) -> Names:
    """Of terms of that kind."""
    return Names(
        COMMON | OWN[kind],
        VALUES,
        KEYS,
        HELPS,
        hidden=frozenset({"version"}),
        first=("name", "share_bp", "fee_fen"),
        measured={"by_level": "level_bp"},
    )
