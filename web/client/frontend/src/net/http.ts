/** Requests to our own API: JSON in and out, one error shape, renewed tokens. */

import type { Tokens } from '@/api/types'
import { SERVER } from './address'
import type { Login, TokenBox } from './tokens'

/** The server said no. `code` is stable, `message` is for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

/** Nothing came back: whether it was done nobody knows. */
export class Offline extends Error {
  override readonly name = 'Offline'
  constructor() {
    super('网络不通，请稍后重试')
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Query = Record<string, string | number | boolean | null | undefined>

export interface Asking {
  query?: Query
  /** JSON, or a file's bytes with `type`. */
  body?: object | ArrayBuffer
  type?: string
  /** Idempotency-Key. */
  key?: string
}

interface Answer {
  status: number
  body: unknown
}

const TIMEOUT_MS = 15_000
/** Ten megabytes over a slow line. */
const FILE_TIMEOUT_MS = 120_000

export class Http {
  private renewing: Promise<Login | null> | null = null

  constructor(
    private readonly box: TokenBox,
    private readonly onSignedOut: () => void,
  ) {}

  get<T>(path: string, query: Query = {}): Promise<T> {
    return this.ask<T>('GET', path, { query })
  }

  post<T>(path: string, body: object = {}, key?: string): Promise<T> {
    return this.ask<T>('POST', path, key === undefined ? { body } : { body, key })
  }

  /** Raises Refusal or Offline. */
  async ask<T>(method: Method, path: string, asking: Asking = {}): Promise<T> {
    const login = this.box.read()
    let answer = await send(method, path, asking, login?.access)
    if (answer.status === 401 && login) {
      // Where it cannot be renewed a stranger asks: what is for everybody is told to him too.
      const renewed = await this.renew(login)
      answer = await send(method, path, asking, renewed?.access)
    }
    if (answer.status >= 200 && answer.status < 300) return answer.body as T
    throw refusalOf(answer)
  }

  /** One at a time: a refresh token is good for one use. Null: the login is over. */
  private renew(used: Login): Promise<Login | null> {
    this.renewing ??= this.renewed(used).finally(() => {
      this.renewing = null
    })
    return this.renewing
  }

  private async renewed(used: Login): Promise<Login | null> {
    const kept = this.box.read()
    // Another window was faster, or has signed out.
    if (kept?.access !== used.access) return kept
    const answer = await send('POST', '/api/auth/refresh', { body: { refresh: used.refresh } })
    if (answer.status === 200) return this.box.put(answer.body as Tokens)
    if (answer.status !== 401) throw refusalOf(answer)
    this.box.drop()
    this.onSignedOut()
    return null
  }
}

function send(method: Method, path: string, asking: Asking, access?: string): Promise<Answer> {
  const { query, body, type, key } = asking
  const file = body instanceof ArrayBuffer
  const header: Record<string, string> = { Accept: 'application/json' }
  if (body !== undefined) header['Content-Type'] = type ?? 'application/json'
  if (access) header['Authorization'] = `Bearer ${access}`
  if (key) header['Idempotency-Key'] = key
  // A mini program has no PATCH.
  if (method === 'PATCH') header['X-HTTP-Method-Override'] = 'PATCH'
  return new Promise((resolve, reject) => {
    uni.request({
      url: SERVER + path + queryText(query),
      method: method === 'PATCH' ? 'POST' : method,
      data: file ? body : body && JSON.stringify(body),
      header,
      timeout: file ? FILE_TIMEOUT_MS : TIMEOUT_MS,
      success: ({ statusCode, data }) => (statusCode ? resolve({ status: statusCode, body: data }) : reject(new Offline())),
      fail: () => reject(new Offline()),
    })
  })
}

export function queryText(query: Query = {}): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return parts.length ? `?${parts.join('&')}` : ''
}

function refusalOf({ status, body }: Answer): Refusal {
  const shape = (typeof body === 'object' && body !== null ? body : {}) as Partial<Refusal>
  return new Refusal(status, shape.code ?? 'unknown', shape.message ?? `服务器没有正确回答（${status}）`, shape.details ?? {})
}
