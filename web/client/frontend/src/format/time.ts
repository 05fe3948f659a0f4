/**
 * Moments as people in China read them, whatever the phone's own zone is. By arithmetic: Shanghai has had no summer time since
 * 1991, and not every phone's mini programs have Intl.
 */

const DAY_MS = 86_400_000
const AHEAD_MS = 8 * 3_600_000
const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六']

type Moment = string | number

/** A date whose UTC fields are Shanghai's. */
function shanghai(moment: Moment): Date {
  return new Date((typeof moment === 'number' ? moment : Date.parse(moment)) + AHEAD_MS)
}

const two = (number: number): string => String(number).padStart(2, '0')

/** 14:30 */
export function timeText(moment: Moment): string {
  const at = shanghai(moment)
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
}

/** 2026-11-30, as the API names a day. */
export function dayOf(moment: Moment): string {
  return shanghai(moment).toISOString().slice(0, 10)
}

/** So many days after it. */
export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
}

/** 今天, 明天, 后天, or 12月3日. */
export function dayText(day: string, now: Moment): string {
  const apart = Math.round((Date.parse(day) - Date.parse(dayOf(now))) / DAY_MS)
  return ['今天', '明天', '后天'][apart] ?? dateText(day)
}

/** 12月3日 */
export function dateText(day: string): string {
  const [, month, date] = day.split('-').map(Number)
  return `${month}月${date}日`
}

/** 周三 */
export function weekdayText(day: string): string {
  return WEEKDAYS[new Date(Date.parse(day)).getUTCDay()] ?? ''
}

/** 今天 14:30, 12月3日 09:00. */
export function visitText(moment: Moment, now: Moment): string {
  return `${dayText(dayOf(moment), now)} ${timeText(moment)}`
}

/** 45 分钟, 2 小时, 2.5 小时. */
export function durationText(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} 分钟`
  const hours = minutes / 60
  return `${Number.isInteger(hours) ? hours : hours.toFixed(1)} 小时`
}

/** 14:59, or 1:02:03: what is left of a deadline; 00:00 where it is over. */
export function leftText(until: Moment, now: number): string {
  const left = Math.max(0, Math.ceil(((typeof until === 'number' ? until : Date.parse(until)) - now) / 1000))
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60]
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${two(minutes)}:${two(seconds)}`
}
