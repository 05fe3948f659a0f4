import { beforeEach, expect, test, vi } from 'vitest'
import { Http, Offline, queryText, Refusal } from '@/net/http'
import { TokenBox } from '@/net/tokens'
import { Phone, type Answer } from './phone'

const USER = { id: 7, role: 'customer', display_name: '小王', phone: '', city: '' }
const tokens = (number: number) => ({ access: `a${number}`, refresh: `r${number}`, expires_in: 900, user: USER })
const over: Answer = { status: 401, body: { code: 'token_expired', message: '登录已过期', details: {} } }

let phone: Phone
let box: TokenBox
let out: ReturnType<typeof vi.fn>
let http: Http

beforeEach(() => {
  phone = new Phone()
  box = new TokenBox('customer')
  out = vi.fn()
  http = new Http(box, out)
})

/** A server whose access token is `a${good}`, and whose refresh tokens are good for one use each. */
function serving(good: number, refresh: (used: string) => Answer): void {
  phone.server = ({ path, header, body }) => {
    if (path === '/api/auth/refresh') return refresh((body as { refresh: string }).refresh)
    return header['Authorization'] === `Bearer a${good}` ? { status: 200, body: { ok: true } } : over
  }
}

test('a stranger sends no token, and a body as JSON', async () => {
  phone.server = () => ({ status: 201, body: { id: 1 } })
  expect(await http.post('/api/orders', { a: 1 }, 'key')).toEqual({ id: 1 })
  expect(phone.asked[0]).toMatchObject({ method: 'POST', path: '/api/orders', body: { a: 1 } })
  expect(phone.asked[0]?.header).toMatchObject({ 'Content-Type': 'application/json', 'Idempotency-Key': 'key' })
  expect(phone.asked[0]?.header['Authorization']).toBeUndefined()
})

test('a refusal carries its code and its details', async () => {
  phone.server = () => ({ status: 409, body: { code: 'slot_taken', message: '已被约满', details: { a: 1 } } })
  const refused = await http.get('/api/x').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Refusal)
  expect(refused).toMatchObject({ status: 409, code: 'slot_taken', message: '已被约满', details: { a: 1 } })
})

test('what is no answer of ours is a refusal all the same', async () => {
  phone.server = () => ({ status: 502, body: '<html>' })
  await expect(http.get('/api/x')).rejects.toMatchObject({ status: 502, code: 'unknown' })
})

test('nothing coming back is no refusal', async () => {
  phone.server = () => ({ status: 0 })
  await expect(http.get('/api/x')).rejects.toBeInstanceOf(Offline)
})

test('an old token is renewed once, however many ask at once', async () => {
  box.put(tokens(1))
  serving(2, (used) => (used === 'r1' ? { status: 200, body: tokens(2) } : over))
  await Promise.all([http.get('/api/a'), http.get('/api/b'), http.get('/api/c')])
  expect(phone.asked.filter(({ path }) => path === '/api/auth/refresh')).toHaveLength(1)
  expect(box.read()?.access).toBe('a2')
  expect(out).not.toHaveBeenCalled()
})

test('what another window has renewed is taken, and nothing renewed again', async () => {
  box.put(tokens(1))
  serving(2, () => over)
  phone.server = ((server) => (asked) => {
    // While this one asked, the other window was faster.
    if (asked.header['Authorization'] === 'Bearer a1') box.put(tokens(2))
    return server(asked)
  })(phone.server)
  expect(await http.get('/api/a')).toEqual({ ok: true })
  expect(phone.asked.some(({ path }) => path === '/api/auth/refresh')).toBe(false)
})

test('a login that is over ends here too, and what is for everybody is told to the stranger', async () => {
  box.put(tokens(1))
  phone.server = ({ path, header }) => {
    if (path === '/api/auth/refresh' || header['Authorization']) return over
    return path === '/api/home' ? { status: 200, body: { parts: [] } } : over
  }
  expect(await http.get('/api/home')).toEqual({ parts: [] })
  expect(box.read()).toBeNull()
  expect(out).toHaveBeenCalledOnce()
})

test('a server that does not answer ends no login', async () => {
  box.put(tokens(1))
  serving(2, () => ({ status: 0 }))
  await expect(http.get('/api/a')).rejects.toBeInstanceOf(Offline)
  expect(box.read()?.access).toBe('a1')
  expect(out).not.toHaveBeenCalled()
})

test('a PATCH is a POST that says so', async () => {
  phone.server = () => ({ status: 200, body: {} })
  await http.ask('PATCH', '/api/me', { body: {} })
  expect(phone.asked[0]).toMatchObject({ method: 'POST', header: { 'X-HTTP-Method-Override': 'PATCH' } })
})

test('the two halves have logins of their own', () => {
  box.put(tokens(1))
  expect(new TokenBox('worker').read()).toBeNull()
  new TokenBox('worker').put(tokens(2))
  box.drop()
  expect(new TokenBox('worker').read()?.access).toBe('a2')
})

test('a query leaves out what is not said', () => {
  expect(queryText({ q: '空 调&', city: '', a: null, b: undefined, n: 0, f: false })).toBe('?q=%E7%A9%BA%20%E8%B0%83%26&n=0&f=false')
  expect(queryText({})).toBe('')
})
