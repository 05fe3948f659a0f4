/** Paths that the server's messages name, as our pages: /orders/7, /worker/orders/7. Whatever is not known leads home. */

const ORDER = /^\/orders\/(\d+)$/
const JOB = /^\/worker\/orders\/(\d+)$/

export function pageOf(link: string): string {
  const path = decoded(link)
  const order = ORDER.exec(path)
  if (order) return `/order/detail/detail?id=${order[1]}`
  const job = JOB.exec(path)
  if (job) return `/worker/job/job?id=${job[1]}`
  return path.startsWith('/worker') ? '/worker/hall/hall' : '/pages/home/home'
}

/** In the place of the page that asks, with its half's first page behind it. */
export function open(link: string): void {
  const page = pageOf(link)
  if (page === '/pages/home/home' || page === '/worker/hall/hall') uni.reLaunch({ url: page })
  else uni.redirectTo({ url: page })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
