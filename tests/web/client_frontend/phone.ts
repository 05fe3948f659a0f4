/** A phone: what uni-app gives the client, kept in memory, with a server that the test plays. */

import { vi } from 'vitest'

export interface Asked {
  method: string
  path: string
  header: Record<string, string>
  body: unknown
}

/** status 0: nothing comes back. */
export interface Answer {
  status: number
  body?: unknown
}

export type Server = (asked: Asked) => Answer

export class Phone {
  readonly storage = new Map<string, unknown>()
  readonly asked: Asked[] = []
  server: Server = () => ({ status: 404, body: { code: 'not_found', message: '', details: {} } })

  constructor() {
    vi.stubGlobal('uni', {
      getStorageSync: (name: string) => structuredClone(this.storage.get(name) ?? ''),
      setStorageSync: (name: string, value: unknown) => void this.storage.set(name, structuredClone(value)),
      removeStorageSync: (name: string) => void this.storage.delete(name),
      onNetworkStatusChange: () => undefined,
      request: (options: Options) => this.request(options),
    })
  }

  private request(options: Options): void {
    const path = options.url.replace(/^https?:\/\/[^/]+/, '')
    const body = typeof options.data === 'string' ? JSON.parse(options.data) : options.data
    const asked = { method: options.method, path, header: options.header, body }
    this.asked.push(asked)
    const { status, body: data } = this.server(asked)
    setTimeout(() => (status ? options.success({ statusCode: status, data }) : options.fail({ errMsg: 'request:fail' })))
  }
}

interface Options {
  url: string
  method: string
  data?: string
  header: Record<string, string>
  success(answer: { statusCode: number; data: unknown }): void
  fail(error: { errMsg: string }): void
}
