/** Requests to our own API: JSON in and out, the session's cookie, one error shape. */

export interface Answer<T> {
  status: number
  body: T
}

/** A refusal or a failure. `code` is stable; `offline` is ours: nothing came back. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

export interface Asking {
  body?: unknown
  key?: string
  signal?: AbortSignal
}

export class Http {
  constructor(
    private readonly csrf: string,
    private readonly onSignedOut: () => void,
  ) {}

  get<T>(path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.ask<T>('GET', path, asking)
  }

  post<T>(path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.ask<T>('POST', path, asking)
  }

  private async ask<T>(method: string, path: string, asking: Asking): Promise<Answer<T>> {
    const response = await this.fetch(method, path, asking)
    const body = await readJson(response)
    if (response.ok) return { status: response.status, body: body as T }
    if (response.status === 401) this.onSignedOut()
    throw errorOf(response.status, body)
  }

  private async fetch(method: string, path: string, { body, key, signal }: Asking): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (method !== 'GET') headers['X-CSRFToken'] = this.csrf
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (key !== undefined) headers['Idempotency-Key'] = key
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
    if (body !== undefined) init.body = JSON.stringify(body)
    init.signal = signal ?? AbortSignal.timeout(15_000)
    try {
      return await fetch(path, init)
    } catch (error) {
      if (signal?.aborted) throw error
      throw new HttpError(0, 'offline', '网络不通，请稍后重试')
    }
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return null
  }
}

function errorOf(status: number, body: unknown): HttpError {
  const shape = (body ?? {}) as { code?: string; message?: string; details?: Record<string, unknown> }
  const message = shape.message ?? `服务器没有正确回答（${status}）`
  return new HttpError(status, shape.code ?? 'unknown', message, shape.details ?? {})
}
