/** Paths that the server's messages name, as our pages: /orders/7 is an order to who booked it, and a job to who does it. */

import { worker } from './sides'
import type { Side } from '@/net/tokens'

const ORDER = /^\/orders\/(\d+)$/
const FIRST: Record<Side, string> = { customer: '/pages/home/home', worker: '/worker/hall/hall' }

/** Whatever is not known leads to the half's first page. */
export function pageOf(link: string, side: Side): string {
  const order = ORDER.exec(decoded(link))
  if (!order) return FIRST[side]
  return side === 'worker' ? `/worker/job/job?id=${order[1]}` : `/order/detail/detail?id=${order[1]}`
}

/** From outside of the app: to the half that somebody is signed in to here. */
export function open(link: string): void {
  const side = worker().user.value ? 'worker' : 'customer'
  const page = pageOf(link, side)
  if (page === FIRST[side]) uni.reLaunch({ url: page })
  else uni.redirectTo({ url: page })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
