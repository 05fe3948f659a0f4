/** What is said of an order that nobody has yet: who is asked, or why nobody is. */

import type { AlarmCard, OfferCard, OrderCard } from '@/protocol'

/** Several at once, of whom the first has it. */
export function isGrab(order: OrderCard): boolean {
  return order.offer?.grab ?? false
}

export function grabText(order: OrderCard): string {
  return `抢单中 · ${order.asked} 人`
}

const CHANNELS: Record<OfferCard['channel'], string> = { socket: '', wechat: '（订阅消息）', sms: '（短信）' }

/** Who is asked, and by what where the app is not before him. */
export function askedText(order: OrderCard): string {
  return order.offers.map((offer) => offer.worker.name + CHANNELS[offer.channel]).join('、')
}

/** Whose names may be asked for: the filter looks here. */
export function askedWorkers(order: OrderCard): string[] {
  return order.offers.map((offer) => offer.worker.name)
}

export function isAsked(order: OrderCard, worker: number): boolean {
  return order.offers.some((offer) => offer.worker.id === worker)
}

/** An order that a dispatcher has to place: nobody took it, or it is not offered to anybody. */
export function unwantedText(order: OrderCard, alarms: Iterable<AlarmCard>): string {
  const byHand = [...alarms].some((alarm) => alarm.kind === 'by_hand' && alarm.order_id === order.id)
  return byHand ? '待人工派单' : '无人接单'
}
