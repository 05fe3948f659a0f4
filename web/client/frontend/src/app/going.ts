/** The pages by what they are for. A path with an id in it, and nothing else: addresses end up in logs. */

import type { LinkCard } from '@/api/types'
import type { Side } from '@/net/tokens'

export const go = {
  home: () => uni.switchTab({ url: '/pages/home/home' }),
  orders: () => uni.switchTab({ url: '/pages/orders/orders' }),
  login: (side: Side = 'customer') => uni.navigateTo({ url: `/pages/login/login?side=${side}` }),
  search: (words = '') => uni.navigateTo({ url: `/booking/search/search?q=${encodeURIComponent(words)}` }),
  service: (id: number) => uni.navigateTo({ url: `/booking/service/service?id=${id}` }),
  book: (service: number) => uni.navigateTo({ url: `/booking/book/book?service=${service}` }),
  /** In the place of the page that asks. proposal: something that was agreed to since. */
  cashier: (order: number, proposal?: number) =>
    uni.redirectTo({ url: `/booking/cashier/cashier?order=${order}${proposal ? `&proposal=${proposal}` : ''}` }),
  addresses: (picking = false) => uni.navigateTo({ url: `/booking/addresses/addresses${picking ? '?pick=1' : ''}` }),
  address: (id?: number) => uni.navigateTo({ url: `/booking/address/address${id ? `?id=${id}` : ''}` }),
  messages: (side: Side = 'customer') => uni.navigateTo({ url: `/my/messages/messages?side=${side}` }),
  talk: (order: number, side: Side = 'customer') => uni.navigateTo({ url: `/order/talk/talk?order=${order}&side=${side}` }),
  order: (id: number) => uni.navigateTo({ url: `/order/detail/detail?id=${id}` }),
  worker: () => uni.reLaunch({ url: '/worker/hall/hall' }),
  job: (id: number) => uni.navigateTo({ url: `/worker/job/job?id=${id}` }),
  /** Home, where this page was the first: a browser would leave the app, or open it anew. */
  back: () => (getCurrentPages().length > 1 ? uni.navigateBack() : uni.switchTab({ url: '/pages/home/home' })),
}

/** Where a tap on a part of the home page leads. */
export function follow(link: LinkCard | null): void {
  if (link === null) return
  if (link.to === 'service' && link.service_id) go.service(link.service_id)
  else if (link.to === 'search') go.search(link.target)
  else if (link.to === 'category') showCategory(link.target)
}

/** A tab's page takes no parameters: it looks here when it is shown. */
let wantedCategory = ''

export function showCategory(slug: string): void {
  wantedCategory = slug
  uni.switchTab({ url: '/pages/category/category' })
}

export function takeWantedCategory(): string {
  const wanted = wantedCategory
  wantedCategory = ''
  return wanted
}
