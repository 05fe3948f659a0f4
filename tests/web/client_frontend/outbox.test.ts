import { beforeEach, expect, test, vi } from 'vitest'
import { Http } from '@/net/http'
import { TokenBox } from '@/net/tokens'
import { Outbox } from '@/queue/outbox'
import { Phone, type Answer } from './phone'

const done: Answer = { status: 200, body: { command: 1, status: 'done', code: '', details: {} } }
const offline: Answer = { status: 0 }
const refused: Answer = { status: 409, body: { code: 'too_early', message: '还没到出发时间', details: {} } }

let phone: Phone
let decided: number[]

const outbox = (): Outbox =>
  new Outbox(new Http(new TokenBox('worker'), () => undefined), 'outbox:worker', ({ order }) => decided.push(order))
const sent = () => phone.asked.filter(({ method }) => method === 'POST').map(({ path, header }) => [path, header['Idempotency-Key']])

beforeEach(() => {
  vi.useFakeTimers()
  phone = new Phone()
  decided = []
})

test('without a network it waits, and is sent in order once there is one, each with the key it was made with', async () => {
  phone.server = () => offline
  const box = outbox()
  box.put(7, 'depart', {}, '出发')
  box.put(7, 'arrive', {}, '到达')
  await vi.advanceTimersByTimeAsync(5000)
  expect(box.of(7).map(({ label, state }) => [label, state])).toEqual([
    ['出发', 'waiting'],
    ['到达', 'waiting'],
  ])
  const [first, second] = box.of(7).map(({ key }) => key)
  expect(new Set(sent().map(([, key]) => key))).toEqual(new Set([first]))
  phone.asked.length = 0
  phone.server = () => done
  await vi.advanceTimersByTimeAsync(5000)
  expect(sent()).toEqual([
    ['/api/orders/7/depart', first],
    ['/api/orders/7/arrive', second],
  ])
  expect([box.steps.value, decided]).toEqual([[], [7, 7]])
})

test('who kills the app loses nothing, and what was under way is sent with the same key', async () => {
  phone.server = () => offline
  const box = outbox()
  box.put(7, 'start', { code: '1234' }, '开始服务')
  box.put(7, 'finish', {}, '完成服务')
  const keys = box.of(7).map(({ key }) => key)
  // Killed in the middle of it: no timer of the old one runs on.
  vi.clearAllTimers()
  phone.asked.length = 0
  phone.server = () => done
  const next = outbox()
  expect(next.of(7).map(({ key, state }) => [key, state])).toEqual(keys.map((key) => [key, 'waiting']))
  next.wake()
  await vi.runAllTimersAsync()
  expect(sent().map(([, key]) => key)).toEqual(keys)
  expect(phone.asked[0]?.body).toEqual({ code: '1234' })
  expect(phone.storage.get('outbox:worker')).toEqual([])
})

test('a refused step says why and holds those after it, of its order alone', async () => {
  phone.server = ({ path }) => (path === '/api/orders/7/depart' ? refused : done)
  const box = outbox()
  box.put(7, 'depart', {}, '出发')
  box.put(7, 'arrive', {}, '到达')
  box.put(8, 'depart', {}, '出发')
  await vi.runAllTimersAsync()
  expect(box.steps.value.map(({ order, path, state, words }) => [order, path, state, words])).toEqual([
    [7, 'depart', 'refused', '还没到出发时间'],
    [7, 'arrive', 'waiting', ''],
  ])
  box.giveUp(box.steps.value[0]!.key)
  await vi.runAllTimersAsync()
  expect(sent().map(([path]) => path)).toEqual(['/api/orders/7/depart', '/api/orders/8/depart', '/api/orders/7/arrive'])
  expect(box.steps.value).toEqual([])
})

test('what the server has and has not decided is asked after, and not sent again', async () => {
  const answers: Answer[] = [{ status: 202, body: { command: 5, status: 'pending', code: '', details: {} } }, offline, done]
  phone.server = () => answers.shift() ?? done
  const box = outbox()
  box.put(7, 'depart', {}, '出发')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(phone.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api/orders/7/depart',
    'GET /api/commands/5',
    'GET /api/commands/5',
  ])
  expect(box.steps.value).toEqual([])
})

test('what came too late is shown as refused', async () => {
  phone.server = ({ method }) =>
    method === 'POST'
      ? { status: 202, body: { command: 5, status: 'pending', code: '', details: {} } }
      : { status: 200, body: { command: 5, status: 'expired', code: 'expired', details: {} } }
  const box = outbox()
  box.put(7, 'depart', {}, '出发')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(box.of(7).map(({ state, words }) => [state, words])).toEqual([['refused', '操作已超时，未生效']])
})

test.each([500, 503, 429])('a server that answers %i is asked again', async (status) => {
  const answers: Answer[] = [{ status, body: { code: 'x', message: 'x', details: {} } }, done]
  phone.server = () => answers.shift() ?? done
  const box = outbox()
  box.put(7, 'depart', {}, '出发')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(box.steps.value).toEqual([])
  expect(new Set(sent().map(([, key]) => key)).size).toBe(1)
})
