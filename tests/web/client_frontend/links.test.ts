import { expect, test } from 'vitest'
import { pageOf } from '@/app/links'

test.each([
  ['/orders/7', '/order/detail/detail?id=7'],
  ['%2Forders%2F7', '/order/detail/detail?id=7'],
  ['/worker/orders/7', '/worker/job/job?id=7'],
  ['/worker', '/worker/hall/hall'],
  ['', '/pages/home/home'],
  ['%', '/pages/home/home'],
  ['/orders/7x', '/pages/home/home'],
  ['https://elsewhere.example/orders/7', '/pages/home/home'],
])('%s is %s', (link, page) => {
  expect(pageOf(link)).toBe(page)
})
