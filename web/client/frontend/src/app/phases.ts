/** What people call the phases of an order. tests/web/client/test_words.py compares them with the server's. */

export const PHASES: Record<string, string> = {
  AWAITING_PAYMENT: '待支付',
  DISPATCHING: '派单中',
  ACCEPTED: '待服务',
  EN_ROUTE: '已出发',
  ARRIVED: '已到达',
  IN_SERVICE: '服务中',
  AWAITING_CONFIRMATION: '待确认',
  COMPLETED: '已完成',
  EXCEPTION: '异常处理中',
  CANCELLED: '已取消',
}
