import { expect, test } from 'vitest'
import { yuan } from '@/format/money'
import { phoneText } from '@/format/phone'
import { dayOf, daysAfter, dayText, durationText, leftText, timeText, visitText, weekdayText } from '@/format/time'

// 23:30 of the 30th in Shanghai, 15:30 in UTC.
const NOW = '2026-11-30T15:30:00Z'

test('money has as many places as it needs', () => {
  expect([12800, 12850, 5, 0, -500].map(yuan)).toEqual(['¥128', '¥128.50', '¥0.05', '¥0', '−¥5'])
})

test('times are of Shanghai, whatever the phone thinks', () => {
  expect(timeText(NOW)).toBe('23:30')
  expect(dayOf(NOW)).toBe('2026-11-30')
  expect(dayOf('2026-11-30T16:00:00Z')).toBe('2026-12-01')
  expect(timeText(Date.parse('2026-11-30T16:05:00Z'))).toBe('00:05')
})

test('days are named from today on', () => {
  expect(['2026-11-30', '2026-12-01', '2026-12-02', '2026-12-03'].map((day) => dayText(day, NOW))).toEqual([
    '今天',
    '明天',
    '后天',
    '12月3日',
  ])
  expect(dayText('2026-11-29', NOW)).toBe('11月29日')
  expect(daysAfter('2026-12-31', 1)).toBe('2027-01-01')
  expect(weekdayText('2026-11-30')).toBe('周一')
  expect(visitText('2026-12-01T01:00:00Z', NOW)).toBe('明天 09:00')
})

test('durations and countdowns', () => {
  expect([900, 7200, 9000].map(durationText)).toEqual(['15 分钟', '2 小时', '2.5 小时'])
  const now = Date.parse(NOW)
  expect(leftText('2026-11-30T15:30:59.200Z', now)).toBe('01:00')
  expect(leftText('2026-11-30T16:32:03Z', now)).toBe('1:02:03')
  expect(leftText('2026-11-30T15:00:00Z', now)).toBe('00:00')
})

test('a phone number is read out in three parts', () => {
  expect(phoneText('+8613800138000')).toBe('138 0013 8000')
  expect(phoneText('0571-88886666')).toBe('0571-88886666')
})
