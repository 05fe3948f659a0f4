/** Moments as people of the city read them. Always Asia/Shanghai, whatever the dispatcher's computer thinks. */

const ZONE = 'Asia/Shanghai'
const clock = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const clockWithSeconds = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const date = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric', weekday: 'short' })
const day = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE })

export function timeText(moment: string | number): string {
  return clock.format(new Date(moment))
}

export function secondsText(moment: string | number): string {
  return clockWithSeconds.format(new Date(moment))
}

export function dateText(moment: string | number): string {
  return date.format(new Date(moment))
}

/** 10:30 today, 明天 10:30, or 11月25日 10:30. */
export function visitText(moment: string, now: number): string {
  const days = (Date.parse(day.format(new Date(moment))) - Date.parse(day.format(now))) / 86_400_000
  if (days === 0) return timeText(moment)
  if (days === 1) return `明天 ${timeText(moment)}`
  const [month, dayOfMonth] = day.format(new Date(moment)).split('-').slice(1).map(Number)
  return `${month}月${dayOfMonth}日 ${timeText(moment)}`
}

export function durationText(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} 分钟`
  const hours = minutes / 60
  return `${Number.isInteger(hours) ? hours : hours.toFixed(1)} 小时`
}
