import { describe, expect, test } from 'vitest'
import { caseEffects, type CaseOutlook } from '@/afterSales'
import { backAndKept, bpOf, callOffEffects, decisionEffects, fenOf, moveEffects, refundEffects, reportEffects, takeOffEffects } from '@/effects'
import { sumsText, type TimelineEntry } from '@/orderDetail'
import { orderCard } from './cards'

const worker = { id: 9, name: '王芳' }
const served = orderCard({ id: 1, phase: 'EXCEPTION', payment: 'paid', worker })
const lines = [{ name: '日常保洁' }, { name: '上门费' }]
const asked = { reason: 'other', refund_bp: 10_000, worker_share_bp: null, worker_id: null, customer_compensation_fen: 0, worker_compensation_fen: 0 }
const whole = (total_fen: number) => ({ total_fen, left_fen: total_fen })

test('a fraction of a fen goes back, and nothing gets lost', () => {
  expect(backAndKept(100, 100, 3_333)).toEqual([34, 66])
  expect(backAndKept(1, 1, 5_000)).toEqual([1, 0])
  expect(backAndKept(19_900, 19_900, 0)).toEqual([0, 19_900])
})

test('sums and shares are read as people write them, or not at all', () => {
  expect(['', '12', '12.5', '0.07', '1.999', '-3', 'x'].map(fenOf)).toEqual([0, 1200, 1250, 7, null, null, null])
  expect(['0', '100', '33.33', '100.01', '', '-1'].map(bpOf)).toEqual([0, 10_000, 3333, null, null, null])
})

test('an event tells the money that it moved', () => {
  const entry = (data: Record<string, unknown>) => sumsText({ data } as TimelineEntry)
  expect(entry({ amount_fen: 1_000, reason: 'quality' })).toBe('¥10')
  expect(entry({ fee_fen: 5_000, worker_fen: 4_000, reason: 'other' })).toBe('留下 ¥50，服务人员得 ¥40')
  expect([entry({ fee_fen: 0, worker_fen: 0 }), entry({})]).toEqual(['', ''])
})

describe('before the platform cancels, it is said', () => {
  test('that an unpaid order has nothing to give back', () => {
    expect(callOffEffects(orderCard({ id: 1 }), whole(19_900), asked)).toContain('订单还没有支付，没有退款')
  })

  test('who gets what of what is kept', () => {
    const said = callOffEffects(served, whole(19_900), { ...asked, refund_bp: 5_000, worker_share_bp: 8_000 })
    expect(said).toContain('退给用户 ¥99.50（共 ¥199），原路退回')
    expect(said).toContain('留下 ¥99.50：王芳 得 ¥79.60，平台得 ¥19.90')
  })

  test('that what went back before does not go back again', () => {
    const sums = { total_fen: 20_000, left_fen: 15_000 }
    expect(callOffEffects(served, sums, asked)).toContain('退给用户 ¥150（共 ¥200，此前已退 ¥50），原路退回')
    const half = callOffEffects(served, sums, { ...asked, refund_bp: 5_000 })
    expect(half).toContain('退给用户 ¥50（共 ¥200，此前已退 ¥50），原路退回')
    expect(callOffEffects(served, sums, { ...asked, refund_bp: 0 })).toContain('不退款给用户')
  })

  test('that the terms decide where nobody says otherwise, and all is the platform’s where nobody has it', () => {
    const half = { ...asked, refund_bp: 5_000 }
    expect(callOffEffects(served, whole(200), half).at(-1)).toBe('留下 ¥1，由 王芳 与平台按规则分')
    expect(callOffEffects({ ...served, worker: null }, whole(200), half).at(-1)).toBe('留下 ¥1，归平台')
    expect(callOffEffects({ ...served, worker: null }, whole(200), half, worker).at(-1)).toBe('留下 ¥1，由 王芳 与平台按规则分')
  })

  test('what is paid on top', () => {
    const said = callOffEffects(served, whole(200), { ...asked, customer_compensation_fen: 3_000, worker_compensation_fen: 1_050 })
    expect(said.slice(-2)).toEqual(['平台另外补偿用户 ¥30', '平台另外补偿 王芳 ¥10.50'])
  })
})

test('to take somebody off says whether it is held against him', () => {
  expect(takeOffEffects(served, true).at(-1)).toContain('未履约并按规则扣分')
  expect(takeOffEffects(served, false).at(-1)).toBe('不记为未履约，不扣分')
})

test('an exception leads back to the phase that it interrupted, or to an end that says its price', () => {
  expect(decisionEffects(served, whole(200), 'IN_SERVICE', { outcome: 'continue' })).toEqual(['订单回到「服务中」，剩余时限照旧'])
  expect(decisionEffects(served, whole(200), 'IN_SERVICE', { outcome: 'end_early', refund_bp: 5_000 })).toContain('退给用户 ¥1（共 ¥2），原路退回')
})

test('a refund names its sum or its line, and who bears it', () => {
  const plain = { amount_fen: 0, line: 2, tip: 0, reason: 'quality', bearer: 'platform' }
  expect(refundEffects(served, lines, plain).slice(0, 2)).toEqual(['退给用户「上门费」还没退的全部金额，原路退回', '由平台承担，服务人员收入不变'])
  const shared = { ...plain, amount_fen: 500, bearer: 'shared' }
  expect(refundEffects({ ...served, settlement: 'settled' }, lines, { ...shared, line: 0 })[1]).toContain('从已结算的收入中扣回')
  const all = { ...shared, amount_fen: 0, line: 0 }
  expect(refundEffects(served, lines, all, { left_fen: 13_800 })[0]).toBe('退给用户还没退的 ¥138，原路退回')
})

test('a tip that goes back is the worker’s alone to bear, or the platform’s', () => {
  const tip = { amount_fen: 0, line: 0, tip: 3, reason: 'agreed', bearer: 'shared' }
  expect(refundEffects(served, lines, tip).slice(0, 2)).toEqual(['退给用户「打赏」还没退的全部金额，原路退回', '由 王芳 承担'])
})

describe('an answer to 售后 says', () => {
  const outlook: CaseOutlook = {
    case: { id: 4, kind: 'quality', text: '', opened_at: '', due_at: '', outcome: '', answer: '', answered_at: null, photos: [], refund_fen: null, rework: null },
    outcomes: {},
    refund: { left_fen: 900, lines: [{ position: 2, name: '上门费', amount_fen: 1000, left_fen: 600 }], worker_bp: 8_000, settled: true },
    rework: { free: true, warranty_until: null, worker: 'first', first_worker: worker, duration_s: 3600, pay_fen: 5_000 },
  }
  const settled = orderCard({ id: 1, phase: 'COMPLETED', payment: 'paid', settlement: 'settled', worker })
  const refund = { amount_fen: 0, line: 2, tip: 0, reason: 'quality', bearer: 'shared' }
  const rework = { starts_at: '2026-11-23T02:00:00Z', price_fen: 0, worker: 'first' as const, request: '' }
  const said = (promised: object): string[] =>
    caseEffects(settled, lines, outlook, { refund: null, rework: null, free_then: true, ...promised }).slice(1)

  test('what is left, who bears it by which share, and that it is taken back', () => {
    expect(said({ refund })).toEqual(['退给用户「上门费」还没退的 ¥6，原路退回', '王芳 承担 80%，平台承担 20%，从已结算的收入中扣回'])
    expect(said({ refund: { ...refund, amount_fen: 901, line: 0 } })).toContain('超过可退的 ¥9，会被拒绝')
  })

  test('when the visit is, who comes, and who pays whom', () => {
    expect(said({ rework })).toEqual([
      '生成免费返工单，11月23日周一 10:00 上门，立即派单',
      '先问 王芳，他不接再问别人',
      '王芳 去没有报酬；别人去，平台付给返工人员 ¥50',
    ])
    expect(said({ rework, free_then: false })).toContain('王芳 那时没空，会派给别人')
    expect(said({ rework: { ...rework, worker: 'another' } }).slice(1)).toEqual(['不派给 王芳', '平台付给返工人员 ¥50'])
    const paid = said({ rework: { ...rework, price_fen: 8_000, worker: 'anybody' } })
    expect(paid).toEqual(['生成返工单，11月23日周一 10:00 上门；用户支付 ¥80 后派单，到期未付自动关闭', '按派单规则找人'])
  })
})

describe('a report says', () => {
  test('that the order stands still, who is called and who reads what', () => {
    const asking = orderCard({ id: 1, phase: 'DISPATCHING', offers: [{ id: 2, worker, due_at: '', grab: false, channel: 'socket' }] })
    expect(reportEffects(asking, 'weather', '', 0)).toEqual([
      '订单停在「异常处理中」，时限暂停；处理后接着算',
      '正在询问的派单全部收回',
      '立即告警调度员，超时升级主管；双方会看到「恶劣天气」',
      '文字只有平台看得到',
    ])
  })

  test('that danger is the manager’s, is not named to the two, and where the worker is', () => {
    const said = reportEffects(served, 'safety', '记下 王芳 最近的位置（距地址约 320 米）', 2)
    expect(said).toEqual([
      '在已有的异常之外再记一条',
      '立即告警主管；用户和服务人员看不到是人身安全',
      '文字和 2 张照片只有平台看得到',
      '记下 王芳 最近的位置（距地址约 320 米）',
    ])
  })
})

test('another time says whether the worker stays', () => {
  expect(moveEffects(served, '明天 10:00', true).at(-1)).toBe('仍由 王芳 服务')
  expect(moveEffects(served, '明天 10:00', false).at(-1)).toContain('另派他人')
  expect(moveEffects(served, '明天 10:00', true)).toContain('异常就此结束，处理结果记为「改约」')
  expect(moveEffects({ ...served, phase: 'DISPATCHING', worker: null }, '明天 10:00', false)).toHaveLength(1)
})
