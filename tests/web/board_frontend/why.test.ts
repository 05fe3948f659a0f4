import { describe, expect, test } from 'vitest'
import { whyText } from '@/staffMoves'

describe('a refusal says', () => {
  test('who did what, and where the order stands now', () => {
    const last_event = { type: 'assigned', label: '平台已指派服务人员', by: '李雷', at: '2026-11-23T02:32:10Z' }
    expect(whyText({ state: 'ACCEPTED', last_event })).toBe('订单现在是「待服务」 · 10:32 李雷 手动指派')
  })

  test('the reason', () => {
    expect(whyText({ reason: 'no_skill', state: 'DISPATCHING' })).toBe('不具备此技能 · 订单现在是「派单中」')
  })

  test('what the limit is', () => {
    expect(whyText({ left_fen: 1250 })).toBe('还可退 ¥12.50')
  })

  test('nothing where nothing is known', () => {
    expect(whyText({})).toBe('')
  })

  test('what it can of details that it does not know', () => {
    expect(whyText({ state: 'NEW_PHASE', last_event: { type: 'teleported', label: '瞬移', at: '' } })).toBe(
      '订单现在是「NEW_PHASE」 · 瞬移',
    )
  })
})
