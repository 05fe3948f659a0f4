import { afterEach, expect, test, vi } from 'vitest'
import { Http, HttpError } from '@/http'

const http = new Http(() => undefined)

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** A server that never answers. */
function silence(_path: string, { signal }: RequestInit): Promise<Response> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
}

test('each request carries the token that the cookie has then', async () => {
  const fetch = vi.fn(async (_path: string, _init: RequestInit) => new Response('{}'))
  vi.stubGlobal('fetch', fetch)
  for (const token of ['first', 'second']) {
    vi.stubGlobal('document', { cookie: `sessionid=1; csrftoken=${token}` })
    await http.post('/api/hub/token')
  }
  expect(fetch.mock.calls.map(([, init]) => (init.headers as Record<string, string>)['X-CSRFToken'])).toEqual(['first', 'second'])
})

test('a request that may be dropped still has an end', async () => {
  vi.stubGlobal('fetch', silence)
  vi.useFakeTimers()
  const asked = http.get('/api/orders/1', { signal: new AbortController().signal })
  const expected = expect(asked).rejects.toMatchObject({ status: 0, code: 'offline' })
  await vi.advanceTimersByTimeAsync(15_000)
  await expected
})

test('a request that was dropped is no failure of the network', async () => {
  vi.stubGlobal('fetch', silence)
  const dropping = new AbortController()
  const asked = http.get('/api/orders/1', { signal: dropping.signal })
  dropping.abort()
  await expect(asked).rejects.not.toBeInstanceOf(HttpError)
})
