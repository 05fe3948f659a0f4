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
  /** JSON, or a file as it is. */
  body?: unknown
  key?: string
  signal?: AbortSignal
}

const TIMEOUT_MS = 15_000
/** Ten megabytes over a slow line. */
const FILE_TIMEOUT_MS = 120_000

/** Read at each request: whoever signs out and in again in another tab has a new one. */
export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? ''
}

export class Http {
  constructor(private readonly onSignedOut: () => void) {}

  get<T>(path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.ask<T>('GET', path, asking)
  }

  post<T>(path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.ask<T>('POST', path, asking)
  }

  private async ask<T>(method: string, path: string, asking: Asking): Promise<Answer<T>> {
    const { ok, status, body } = await this.fetch(method, path, asking)
    if (ok) return { status, body: body as T }
    if (status === 401) this.onSignedOut()
    throw errorOf(status, body)
  }

  private async fetch(method: string, path: string, { body, key, signal }: Asking): Promise<Answer<unknown> & { ok: boolean }> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (method !== 'GET') headers['X-CSRFToken'] = csrfToken()
    const file = body instanceof Blob
    if (body !== undefined) headers['Content-Type'] = file ? body.type || 'application/octet-stream' : 'application/json'
    if (key !== undefined) headers['Idempotency-Key'] = key
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
    if (body !== undefined) init.body = file ? body : JSON.stringify(body)
    // By hand: AbortSignal.any is too young for some of our browsers.
    const ending = new AbortController()
    const end = (): void => ending.abort()
    const timer = setTimeout(end, file ? FILE_TIMEOUT_MS : TIMEOUT_MS)
    signal?.addEventListener('abort', end)
    init.signal = ending.signal
    try {
      const response = await fetch(path, init)
      return { ok: response.ok, status: response.status, body: await readJson(response) }
    } catch (error) {
      if (signal?.aborted) throw error
      throw new HttpError(0, 'offline', '网络不通，请稍后重试')
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
    }
  }
}

/** Null where it is no JSON. Raises where the answer broke off. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function errorOf(status: number, body: unknown): HttpError {
  const shape = (body ?? {}) as { code?: string; message?: string; details?: Record<string, unknown> }
  const message = shape.message ?? `服务器没有正确回答（${status}）`
  return new HttpError(status, shape.code ?? 'unknown', message, shape.details ?? {})
}

/** An Idempotency-Key: 128 bits by chance. Not crypto.randomUUID: over plain HTTP from another machine a browser does not have it. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
