import { expect, test } from 'vitest'
import { pageOf } from '@/app/links'

test.each([
  ['/orders/7', '/order/detail/detail?id=7', '/worker/job/job?id=7'],
  ['%2Forders%2F7', '/order/detail/detail?id=7', '/worker/job/job?id=7'],
  ['', '/pages/home/home', '/worker/hall/hall'],
  ['%', '/pages/home/home', '/worker/hall/hall'],
  ['/orders/7x', '/pages/home/home', '/worker/hall/hall'],
  ['https://elsewhere.example/orders/7', '/pages/home/home', '/worker/hall/hall'],
])('%s is %s to a customer and %s to a worker', (link, customers, workers) => {
  expect([pageOf(link, 'customer'), pageOf(link, 'worker')]).toEqual([customers, workers])
})
